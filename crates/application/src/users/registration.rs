//! Joining an organization that is open to sign-up.

use std::sync::Arc;

use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::organizations::{LicenseStatus, Organization};
use auth_domain::rbac::{PolicyEngine, SystemRole};
use auth_domain::security::{LimitRule, Subject};
use auth_domain::store::Store;
use auth_domain::users::{EmailDomain, User};

use super::{NewAccount, UserError, create_user};
use crate::identity::NewPasswords;
use crate::security::Limits;
use crate::transact;

/// Registers users who invite themselves.
pub struct RegistrationService {
    store: Arc<dyn Store>,
    passwords: NewPasswords,
    limits: Limits,
    policies: Arc<dyn PolicyEngine>,
    clock: Arc<dyn Clock>,
}

/// A new member of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The user.
    pub user: User,
    /// The role that the user got.
    pub role_id: RoleId,
}

impl RegistrationService {
    /// A service over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        passwords: NewPasswords,
        limits: Limits,
        policies: Arc<dyn PolicyEngine>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            passwords,
            limits,
            policies,
            clock,
        }
    }

    /// Makes an account in an organization whose self-registration is on and
    /// whose e-mail domains admit the address, with the role `member`.
    ///
    /// A closed, a suspended and an unknown organization answer the same.
    pub async fn register(
        &self,
        origin: &Origin,
        organization: OrganizationId,
        role: Option<RoleId>,
        account: &NewAccount,
    ) -> Result<Registered, UserError> {
        let from = Subject::address(origin.ip);
        let taken = self.limits.take([(LimitRule::Registration, from)]);
        taken.await?.keep();
        let domain = account.contact().email.domain();
        let found = self.store.read().organizations().find(organization).await?;
        demand_open(found.as_ref(), &domain)?;
        let hash = &self
            .passwords
            .hash(account.password(), account.names())
            .await?;
        let now = self.clock.now();
        let actor = &Actor {
            who: Who::Anonymous,
            origin: origin.clone(),
        };
        let domain = &domain;
        let (registered, revision) = transact::<_, UserError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let revision = tx.roles().bump_policy_revision(organization).await?;
                let found = tx.organizations().find(organization).await?;
                demand_open(found.as_ref(), domain)?;
                let member = tx
                    .roles()
                    .find_system(organization, SystemRole::Member)
                    .await?;
                let member =
                    member.ok_or_else(|| PortError::corrupt("the role member is missing"))?;
                if role.is_some_and(|role| role != member.id) {
                    return Err(UserError::RoleNotAllowed);
                }
                let user = create_user(&mut tx, actor, organization, member.id, account, hash, now)
                    .await?;
                let role_id = member.id;
                Ok((Registered { user, role_id }, revision))
            })
        })
        .await?;
        self.policies.observe(organization, revision);
        Ok(registered)
    }
}

fn demand_open(organization: Option<&Organization>, domain: &EmailDomain) -> Result<(), UserError> {
    let open = organization.is_some_and(|organization| {
        organization.license_status != LicenseStatus::Suspended
            && organization.sign_up.self_registration
            && organization.sign_up.admits(domain)
    });
    if open {
        Ok(())
    } else {
        Err(UserError::OrganizationNotFound)
    }
}
