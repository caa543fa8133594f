use std::sync::Arc;

use auth_domain::actor::{Actor, Who};
use auth_domain::identity::Principal;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{Permission, PolicyEngine, PolicyError, PolicyRevision, PolicySnapshot};
use auth_domain::store::Store;

use super::DecisionError;
use crate::access::Access;
use crate::error::Infrastructure;

/// The platform permission that crosses into other organizations' policy.
const PLATFORM: Permission = Permission::PlatformRbacManage;

/// Answers "may this user do that?".
pub struct DecisionService {
    store: Arc<dyn Store>,
    policies: Arc<dyn PolicyEngine>,
    access: Access,
}

/// An answer, and the policy revision that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The revision; 0 for an organization that does not exist.
    pub revision: PolicyRevision,
}

impl DecisionService {
    /// A service over its ports.
    pub fn new(store: Arc<dyn Store>, policies: Arc<dyn PolicyEngine>) -> Self {
        let access = Access::new(Arc::clone(&policies));
        Self {
            store,
            policies,
            access,
        }
    }

    /// Whether a signed-in user holds a permission in its own organization:
    /// what the routes of this service ask.
    pub async fn permits(
        &self,
        principal: &Principal,
        permission: Permission,
    ) -> Result<bool, Infrastructure> {
        self.access.permits(principal, permission).await
    }

    /// Whether a user may do something in an organization. What does not exist
    /// is not allowed.
    pub async fn check(
        &self,
        caller: &Actor,
        organization: OrganizationId,
        user: UserId,
        permission: &str,
    ) -> Result<Decision, DecisionError> {
        let policy = self.policy_for(caller, organization, user).await?;
        Ok(policy.map_or(
            Decision {
                allowed: false,
                revision: PolicyRevision::default(),
            },
            |policy| Decision {
                allowed: policy.check(user, permission),
                revision: policy.revision(),
            },
        ))
    }

    /// Everything that a user may do in an organization, sorted. What does not
    /// exist may do nothing.
    pub async fn permissions_of(
        &self,
        caller: &Actor,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<String>, DecisionError> {
        let policy = self.policy_for(caller, organization, user).await?;
        Ok(policy.map_or_else(Vec::new, |policy| names_of(&policy, user)))
    }

    /// Everything that a user of the caller's organization (or, for the
    /// platform, of the named one) may do, sorted.
    pub async fn effective(
        &self,
        principal: &Principal,
        organization: Option<OrganizationId>,
        user: UserId,
    ) -> Result<Vec<String>, DecisionError> {
        let own = principal.account.organization_id;
        let organization = organization.unwrap_or(own);
        if organization != own && !self.access.crosses(principal, PLATFORM).await? {
            return Err(DecisionError::OrganizationNotFound);
        }
        let found = self.store.read().users().find(organization, user).await?;
        found.ok_or(DecisionError::UserNotFound)?;
        let at_least = (organization == own).then_some(principal.account.policy_revision);
        let policy = self.policies.snapshot(organization, at_least).await?;
        Ok(names_of(&policy, user))
    }

    /// The policy, for a caller who may ask about that user: a service about
    /// anybody, a user about itself, with `role.read` about its organization,
    /// and the platform about every organization. `None`: there is no such
    /// organization.
    async fn policy_for(
        &self,
        caller: &Actor,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<Arc<PolicySnapshot>>, DecisionError> {
        let at_least = match &caller.who {
            Who::Service => None,
            Who::User(principal) => self.demand_right(principal, organization, user).await?,
            Who::Anonymous | Who::Bootstrap | Who::System(_) => {
                return Err(DecisionError::Forbidden);
            }
        };
        match self.policies.snapshot(organization, at_least).await {
            Ok(policy) => Ok(Some(policy)),
            Err(PolicyError::UnknownOrganization) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The revision that the answer must not be older than.
    async fn demand_right(
        &self,
        principal: &Principal,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<PolicyRevision>, DecisionError> {
        let account = &principal.account;
        if account.organization_id != organization {
            let crosses = self.access.crosses(principal, PLATFORM).await?;
            return if crosses {
                Ok(None)
            } else {
                Err(DecisionError::Forbidden)
            };
        }
        let about_itself = account.user_id == user;
        if !about_itself && !self.access.permits(principal, Permission::RoleRead).await? {
            return Err(DecisionError::Forbidden);
        }
        Ok(Some(account.policy_revision))
    }
}

fn names_of(policy: &PolicySnapshot, user: UserId) -> Vec<String> {
    let names = policy.permissions_of(user);
    names.into_iter().map(str::to_owned).collect()
}
