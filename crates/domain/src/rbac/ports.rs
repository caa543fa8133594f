//! The ports of roles and decisions.

use std::sync::Arc;

use async_trait::async_trait;

use super::{NewRole, Permission, PolicyRevision, PolicyRows, PolicySnapshot, Role, SystemRole};
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{OrganizationId, RoleId, UserId};

/// Writes of roles, grants and assignments, inside a transaction.
///
/// Whoever changes policy calls [`RoleRepo::bump_policy_revision`] first: it
/// locks the organization, so that what is read after it is what the rule may
/// rest on.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RoleRepo: Send + Sync {
    /// Locks the organization until the transaction ends and raises its policy
    /// revision by one. MUST answer `MissingReference(Organization)` when there
    /// is no such organization.
    async fn bump_policy_revision(
        &mut self,
        organization: OrganizationId,
    ) -> Result<PolicyRevision, PortError>;

    /// Inserts a role without grants. MUST answer `NotUnique(RoleName)` when
    /// the organization has a role with that key; another organization's role
    /// does not count.
    async fn insert(&mut self, new: &NewRole) -> Result<RoleId, PortError>;

    /// A system role of an organization; `Ok(None)`: it was not made yet.
    async fn find_system(
        &mut self,
        organization: OrganizationId,
        role: SystemRole,
    ) -> Result<Option<Role>, PortError>;

    /// Grants permissions of the catalogue to a role of that organization; what
    /// it has, it keeps. Answers how many are new. MUST answer
    /// `MissingReference(Role)` when the role is not of the organization.
    async fn grant(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
        permissions: &[Permission],
        at: Timestamp,
    ) -> Result<u64, PortError>;

    /// Gives a user a role of the same organization. `Ok(false)`: the user
    /// holds it already. MUST answer `MissingReference` when user or role is
    /// not of the organization.
    async fn assign(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        role: RoleId,
        at: Timestamp,
    ) -> Result<bool, PortError>;

    /// The oldest holder of a role; `Ok(None)`: nobody holds it.
    async fn first_holder(&mut self, role: RoleId) -> Result<Option<UserId>, PortError>;
}

/// Reads the rows that decisions rest on.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// The policy rows of an organization, all of one moment; `Ok(None)`:
    /// there is no such organization.
    async fn load(&self, organization: OrganizationId) -> Result<Option<PolicyRows>, PortError>;

    /// The revisions of those of the organizations that exist, in any order.
    async fn revisions(
        &self,
        organizations: &[OrganizationId],
    ) -> Result<Vec<(OrganizationId, PolicyRevision)>, PortError>;
}

/// Why a decision could not be made. None of them is a deny, none an allow.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// There is no such organization.
    #[error("there is no such organization")]
    UnknownOrganization,
    /// The policy cannot be shown to be fresh: the store does not answer, or
    /// has not reached the revision that was asked for.
    #[error("the policy cannot be shown to be fresh")]
    Unavailable(#[source] Option<PortError>),
}

/// Decides.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PolicyEngine: Send + Sync {
    /// The policy of an organization, fresh: not older than one second, never
    /// behind [`PolicyEngine::observe`], and at least at revision `at_least`.
    ///
    /// MUST NOT answer a stale policy when the store is away: `Unavailable`.
    /// Many callers at once MUST cost one load.
    async fn snapshot(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
    ) -> Result<Arc<PolicySnapshot>, PolicyError>;

    /// Tells the engine of a committed write: from now on no older policy of
    /// that organization is used on this instance.
    fn observe(&self, organization: OrganizationId, revision: PolicyRevision);

    /// Drops every policy of this instance; the next question reads the store.
    fn drop_all(&self);

    /// Asks the store for the revisions of the organizations in use, and
    /// renews the lease of those that did not change. Called every 250 ms by a
    /// background loop.
    async fn poll(&self) -> Result<(), PortError>;
}
