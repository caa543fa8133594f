//! How a transaction begins: what is locked, and which callers the gate lets in.

use async_trait::async_trait;
use auth_domain::caller::Caller;
use auth_domain::error::PortError;
use auth_domain::identity::{Authority, GateRefusal, admit};
use auth_domain::ids::OrganizationId;
use auth_domain::organizations::Organization;

use super::{Authorized, Tx};
use crate::access::perm::Demand;
use crate::access::{AccessError, Granted, judge};

/// The first statements of a transaction.
#[async_trait]
pub(super) trait Opening<E>: Sync {
    /// What they found.
    type Ground: Send;

    /// Runs them.
    async fn open(&self, tx: &mut Tx<'_, '_>) -> Result<Self::Ground, E>;
}

/// The gate is not asked: the actor is not signed in.
pub(super) struct Unasked;

#[async_trait]
impl<E: Send> Opening<E> for Unasked {
    type Ground = ();

    async fn open(&self, _tx: &mut Tx<'_, '_>) -> Result<(), E> {
        Ok(())
    }
}

/// A caller acts about itself.
pub(super) struct AsCaller<'a> {
    pub(super) caller: &'a Caller,
}

#[async_trait]
impl<E: From<AccessError> + Send> Opening<E> for AsCaller<'_> {
    type Ground = Authority;

    async fn open(&self, tx: &mut Tx<'_, '_>) -> Result<Authority, E> {
        Ok(authority(tx, self.caller).await?)
    }
}

/// A caller uses a right in an organization.
pub(super) struct InOrganization<'a, P> {
    pub(super) right: &'a Granted<P>,
    pub(super) organization: OrganizationId,
    /// Whether the policy revision is raised at once.
    pub(super) raises: bool,
}

#[async_trait]
impl<P: Demand, E: From<AccessError> + Send> Opening<E> for InOrganization<'_, P> {
    type Ground = Authorized;

    async fn open(&self, tx: &mut Tx<'_, '_>) -> Result<Authorized, E> {
        let organization = self.lock(tx).await?;
        let authority = authority(tx, self.right.caller()).await?;
        judge::<P>(&authority, organization.id)?;
        Ok(Authorized {
            organization,
            authority,
        })
    }
}

impl<P> InOrganization<'_, P> {
    async fn lock(&self, tx: &mut Tx<'_, '_>) -> Result<Organization, AccessError> {
        if self.raises {
            return match tx.raise_policy(self.organization).await {
                Err(PortError::MissingReference(_)) => Err(AccessError::OrganizationNotFound),
                raised => Ok(raised?),
            };
        }
        let locked = tx.organizations().lock(self.organization).await?;
        locked.ok_or(AccessError::OrganizationNotFound)
    }
}

/// Locks user and session of a caller and asks the gate.
async fn authority(tx: &mut Tx<'_, '_>, caller: &Caller) -> Result<Authority, AccessError> {
    let session = caller.session().ok_or(AccessError::Forbidden)?;
    let now = tx.now();
    let found = tx.sessions().lock_caller(session).await?;
    let found = found.ok_or(GateRefusal::SessionNotFound)?;
    let account = admit(Some(found.admission), caller.user_id(), now)?;
    Ok(Authority {
        account,
        role_ids: found.role_ids,
        permissions: found.permissions.into_iter().collect(),
    })
}
