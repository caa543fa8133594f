//! What a signed-in user may reach: permissions, and other organizations.

use std::sync::Arc;

use auth_domain::identity::Principal;
use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{Permission, PolicyEngine, PolicySnapshot};

use crate::error::Infrastructure;

/// Answers what a principal may do, from the policy of its own organization.
#[derive(Clone)]
pub struct Access {
    policies: Arc<dyn PolicyEngine>,
}

/// How a principal gets at an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It is the principal's own.
    Own,
    /// It is another one, and the principal may cross over: it is of RootOrg
    /// and holds the platform permission.
    Crossing,
    /// Not at all; whether the organization exists is not for this principal
    /// to know.
    Denied,
}

impl Access {
    /// Decides by a policy engine.
    pub fn new(policies: Arc<dyn PolicyEngine>) -> Self {
        Self { policies }
    }

    /// Whether the principal holds a permission in its own organization.
    pub async fn permits(
        &self,
        principal: &Principal,
        permission: Permission,
    ) -> Result<bool, Infrastructure> {
        let policy = self.policy_of(principal).await?;
        Ok(policy.check(principal.account.user_id, permission.name()))
    }

    /// Whether the principal may act beyond its own organization with a
    /// platform permission.
    pub async fn crosses(
        &self,
        principal: &Principal,
        platform: Permission,
    ) -> Result<bool, Infrastructure> {
        if !principal.is_of_root() {
            return Ok(false);
        }
        self.permits(principal, platform).await
    }

    /// How the principal gets at an organization.
    pub async fn reach(
        &self,
        principal: &Principal,
        organization: OrganizationId,
        platform: Permission,
    ) -> Result<Reach, Infrastructure> {
        if principal.account.organization_id == organization {
            return Ok(Reach::Own);
        }
        let crosses = self.crosses(principal, platform).await?;
        Ok(if crosses {
            Reach::Crossing
        } else {
            Reach::Denied
        })
    }

    /// The policy of the principal's organization, not older than what the
    /// gate just read: a revoked permission is gone on the next request.
    pub async fn policy_of(
        &self,
        principal: &Principal,
    ) -> Result<Arc<PolicySnapshot>, Infrastructure> {
        let account = &principal.account;
        let at_least = Some(account.policy_revision);
        Ok(self
            .policies
            .snapshot(account.organization_id, at_least)
            .await?)
    }
}
