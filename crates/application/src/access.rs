//! Rights: what a caller may do, and which organizations it reaches.
//!
//! A use case takes a [`Granted`] right as its first argument, and only
//! [`Access`] makes one, so that a use case that no right guards cannot be
//! called. HTTP, the command line and consumers pass the same check.

pub mod perm;

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use auth_domain::caller::{Actor, Caller, Origin};
use auth_domain::error::PortError;
use auth_domain::identity::{Authority, GateRefusal};
use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{Permission, PolicyEngine, PolicyError, PolicySnapshot, Scoped};
use auth_domain::store::Store;

use crate::error::{infrastructure_from, use_case_error};
use perm::Demand;

use_case_error! {
    /// Why a caller does not come through.
    AccessError nests [Gate(GateRefusal)] {
        /// Not the caller's to do.
        Forbidden => "forbidden", Forbidden, "the caller may not do this";
        /// No such organization for this caller.
        OrganizationNotFound => "organization_not_found", NotFound, "there is no such organization";
    }
}

infrastructure_from!(AccessError: PortError, PolicyError,);

/// A caller who holds the permissions of `P`.
///
/// A transaction judges them again, from what it reads under its locks:
/// see [`Writer::run_in`](crate::Writer::run_in).
#[derive(Debug, Clone)]
pub struct Granted<P> {
    caller: Caller,
    permissions: PhantomData<fn() -> P>,
}

impl<P> Granted<P> {
    /// The caller.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl<P> Deref for Granted<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// A caller that is trusted because of where it stands: a service or an
/// operator that knows a shared secret, or a person at the command line.
#[derive(Debug, Clone)]
pub struct Operator(Actor);

impl Operator {
    /// A service that knows the internal secret.
    pub fn service(origin: &Origin) -> Self {
        Self(Actor::service(origin))
    }

    /// An operator who knows the bootstrap secret.
    pub fn bootstrap(origin: &Origin) -> Self {
        Self(Actor::bootstrap(origin))
    }

    /// A person at the command line, who runs that command.
    pub fn console(command: &str) -> Self {
        Self(Actor::system(command))
    }

    /// The operator, for the record.
    pub fn actor(&self) -> &Actor {
        &self.0
    }
}

/// Where a request names the organization that it is about: what does not
/// reach it is told differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// In the path: an organization that the caller does not reach is
    /// forbidden, whether or not it exists.
    InPath(OrganizationId),
    /// In the query, or not at all, which means the caller's own: one that the
    /// caller does not reach is as if absent.
    InQuery(Option<OrganizationId>),
}

/// Answers what a caller may do, from the policy of its own organization.
#[derive(Clone)]
pub struct Access {
    policies: Arc<dyn PolicyEngine>,
    store: Arc<dyn Store>,
}

impl Access {
    /// Decides by a policy engine; a store knows which organizations exist.
    pub fn new(policies: Arc<dyn PolicyEngine>, store: Arc<dyn Store>) -> Self {
        Self { policies, store }
    }

    /// The right to what `P` names, for a caller who has it.
    pub async fn grant<P: Demand>(&self, caller: Caller) -> Result<Granted<P>, AccessError> {
        let policy = self.policy_of(&caller).await?;
        let holds = |permission: Permission| policy.check(caller.user_id(), permission.name());
        let crosses = |permission: Permission| {
            caller.is_of_root() && holds(permission) && holds(permission.crosses_by())
        };
        let mut demanded = P::PERMISSIONS.iter().copied();
        let granted = if P::IS_GLOBAL {
            demanded.all(crosses)
        } else {
            demanded.all(holds)
        };
        if !granted {
            return Err(AccessError::Forbidden);
        }
        Ok(Granted {
            caller,
            permissions: PhantomData,
        })
    }

    /// The organization that a request names, if the right reaches it: the
    /// caller's own, or for the platform any that exists.
    pub async fn reach<P: Demand>(
        &self,
        right: &Granted<P>,
        named: Named,
    ) -> Result<OrganizationId, AccessError> {
        let own = right.organization_id();
        let organization = match named {
            Named::InPath(organization) => organization,
            Named::InQuery(organization) => organization.unwrap_or(own),
        };
        if organization == own {
            return Ok(organization);
        }
        if !self.crosses(right).await? {
            return Err(match named {
                Named::InPath(_) => AccessError::Forbidden,
                Named::InQuery(_) => AccessError::OrganizationNotFound,
            });
        }
        let organizations = self.store.read().organizations();
        let found = organizations.find(organization).await?;
        found.ok_or(AccessError::OrganizationNotFound)?;
        Ok(organization)
    }

    /// Whether the right reaches beyond the caller's own organization.
    pub async fn crosses<P: Demand>(&self, right: &Granted<P>) -> Result<bool, AccessError> {
        if !right.is_of_root() {
            return Ok(false);
        }
        let policy = self.policy_of(right).await?;
        let platform = P::first().crosses_by();
        Ok(policy.check(right.user_id(), platform.name()))
    }

    /// What a caller sees of an organization under a permission: all rows
    /// where it holds the permission, else its own rows in its own
    /// organization.
    pub async fn scope<P: Demand>(
        &self,
        caller: &Caller,
        organization: OrganizationId,
    ) -> Result<Scoped, AccessError> {
        let right = self.grant::<P>(caller.clone()).await;
        let is_own = organization == caller.organization_id();
        match right {
            Ok(right) if is_own || self.crosses(&right).await? => Ok(Scoped::all_of(organization)),
            Ok(_) | Err(AccessError::Forbidden) if is_own => Ok(Scoped {
                organization,
                owner: Some(caller.user_id()),
            }),
            Ok(_) => Err(AccessError::Forbidden),
            Err(error) => Err(error),
        }
    }

    /// The policy of the caller's organization, not older than what the gate
    /// just read: a revoked permission is gone on the next request.
    async fn policy_of(&self, caller: &Caller) -> Result<Arc<PolicySnapshot>, AccessError> {
        let account = &caller.account;
        let at_least = Some(account.policy_revision);
        let organization = account.organization_id;
        Ok(self.policies.snapshot(organization, at_least).await?)
    }
}

/// Judges a right again by what a transaction reads under its locks.
pub(crate) fn judge<P: Demand>(
    authority: &Authority,
    organization: OrganizationId,
) -> Result<(), AccessError> {
    let crosses = P::IS_GLOBAL || organization != authority.account.organization_id;
    let mut demanded = P::PERMISSIONS.iter();
    let holds_all = demanded.all(|&permission| authority.holds(permission));
    if !holds_all || (crosses && !authority.crosses(P::first())) {
        return Err(AccessError::Forbidden);
    }
    Ok(())
}
