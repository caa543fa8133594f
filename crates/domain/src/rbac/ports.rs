//! The ports of roles and decisions.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    CatalogueEntry, Explanation, NewPermission, NewRole, Permission, PermissionName,
    PolicyRevision, PolicyRows, PolicySnapshot, Role, RoleOverview, RoleWithPermissions,
    SystemRole,
};
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{OrganizationId, PermissionId, RoleId, UserId};
use crate::page::{Page, PageRequest};

/// Reads of roles and of the permission catalogue.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RoleQueries: Send + Sync {
    /// A role of that organization with its permissions; `Ok(None)`: there is
    /// none in it, whether or not there is one elsewhere.
    async fn find(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<Option<RoleWithPermissions>, PortError>;

    /// A page of the organization's roles, by id; the page key is the id.
    async fn list(
        &self,
        organization: OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<RoleWithPermissions>, PortError>;

    /// A permission of the catalogue; `Ok(None)`: there is none.
    async fn find_permission(
        &self,
        permission: PermissionId,
    ) -> Result<Option<CatalogueEntry>, PortError>;

    /// A page of the catalogue, by id; the page key is the id.
    async fn list_permissions(&self, page: &PageRequest)
    -> Result<Page<CatalogueEntry>, PortError>;

    /// What a role of that organization grants, sorted.
    async fn permissions_of_role(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<Vec<PermissionName>, PortError>;

    /// The roles of a user of that organization, the oldest assignment first.
    async fn roles_of_user(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<RoleId>, PortError>;

    /// What the roles of a user of that organization grant, sorted, each once.
    /// MUST count the roles of a deactivated user too, who may come back.
    async fn permissions_of_user(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<PermissionName>, PortError>;

    /// What all roles of all holders of a role grant, sorted, each once: of
    /// this role and of whatever else they hold.
    async fn permissions_of_holders(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<Vec<PermissionName>, PortError>;

    /// How many users hold a role of that organization.
    async fn count_holders(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<u64, PortError>;

    /// Whether an active user other than `besides` holds a role of that
    /// organization.
    async fn has_other_active_holder(
        &self,
        organization: OrganizationId,
        role: RoleId,
        besides: UserId,
    ) -> Result<bool, PortError>;
}

/// Writes of roles, grants and assignments, inside a transaction.
///
/// Whoever changes policy calls [`RoleRepo::bump_policy_revision`] first: it
/// locks the organization, so that what is read after it is what the rule may
/// rest on. Where it may turn out that nothing changes,
/// [`OrganizationRepo::lock`](crate::organizations::OrganizationRepo::lock)
/// takes the same lock, and the bump comes with the change.
#[async_trait]
pub trait RoleRepo: RoleQueries {
    /// Locks the organization until the transaction ends and raises its policy
    /// revision by one. MUST answer `MissingReference(Organization)` when there
    /// is no such organization.
    async fn bump_policy_revision(
        &mut self,
        organization: OrganizationId,
    ) -> Result<PolicyRevision, PortError>;

    /// Raises the policy revision of every organization by one: what was read
    /// of any policy before is out of date from then on, everywhere.
    async fn bump_all_policy_revisions(&mut self) -> Result<(), PortError>;

    /// Inserts a role without grants. MUST answer `NotUnique(RoleName)` when
    /// the organization has a role with that key; another organization's role
    /// does not count.
    async fn insert(&mut self, new: &NewRole) -> Result<RoleId, PortError>;

    /// Writes name, description and `updated_at`. MUST answer
    /// `NotUnique(RoleName)` as `insert` does, and `Stale` when the
    /// organization has no such role.
    async fn update(&mut self, role: &Role) -> Result<(), PortError>;

    /// Deletes a role with its grants and assignments. `Ok(false)`: the
    /// organization has no such role.
    async fn delete(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<bool, PortError>;

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

    /// Grants one permission, of the catalogue or added to it, to a role of
    /// that organization. `Ok(false)`: the role has it already. MUST answer
    /// `MissingReference` when the role is not of the organization or there is
    /// no such permission.
    async fn grant_permission(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
        permission: PermissionId,
        at: Timestamp,
    ) -> Result<bool, PortError>;

    /// Takes a permission from a role of that organization. `Ok(false)`: it did
    /// not have it.
    async fn revoke_permission(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<bool, PortError>;

    /// Adds a permission to the catalogue. MUST answer
    /// `NotUnique(PermissionName)` when there is one of that name.
    async fn insert_permission(&mut self, new: &NewPermission) -> Result<PermissionId, PortError>;

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

    /// Takes a role of that organization from a user. `Ok(false)`: the user did
    /// not hold it.
    async fn unassign(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        role: RoleId,
    ) -> Result<bool, PortError>;

    /// The oldest holder of a role; `Ok(None)`: nobody holds it.
    async fn first_holder(&mut self, role: RoleId) -> Result<Option<UserId>, PortError>;
}

#[cfg(feature = "mocks")]
mockall::mock! {
    /// A mock of [`RoleRepo`].
    pub RoleRepo {}
    #[async_trait]
    impl RoleQueries for RoleRepo {
        async fn find(&self, organization: OrganizationId, role: RoleId) -> Result<Option<RoleWithPermissions>, PortError>;
        async fn list(&self, organization: OrganizationId, page: &PageRequest) -> Result<Page<RoleWithPermissions>, PortError>;
        async fn find_permission(&self, permission: PermissionId) -> Result<Option<CatalogueEntry>, PortError>;
        async fn list_permissions(&self, page: &PageRequest) -> Result<Page<CatalogueEntry>, PortError>;
        async fn permissions_of_role(&self, organization: OrganizationId, role: RoleId) -> Result<Vec<PermissionName>, PortError>;
        async fn roles_of_user(&self, organization: OrganizationId, user: UserId) -> Result<Vec<RoleId>, PortError>;
        async fn permissions_of_user(&self, organization: OrganizationId, user: UserId) -> Result<Vec<PermissionName>, PortError>;
        async fn permissions_of_holders(&self, organization: OrganizationId, role: RoleId) -> Result<Vec<PermissionName>, PortError>;
        async fn count_holders(&self, organization: OrganizationId, role: RoleId) -> Result<u64, PortError>;
        async fn has_other_active_holder(&self, organization: OrganizationId, role: RoleId, besides: UserId) -> Result<bool, PortError>;
    }
    #[async_trait]
    impl RoleRepo for RoleRepo {
        async fn bump_policy_revision(&mut self, organization: OrganizationId) -> Result<PolicyRevision, PortError>;
        async fn bump_all_policy_revisions(&mut self) -> Result<(), PortError>;
        async fn insert(&mut self, new: &NewRole) -> Result<RoleId, PortError>;
        async fn update(&mut self, role: &Role) -> Result<(), PortError>;
        async fn delete(&mut self, organization: OrganizationId, role: RoleId) -> Result<bool, PortError>;
        async fn find_system(&mut self, organization: OrganizationId, role: SystemRole) -> Result<Option<Role>, PortError>;
        async fn grant(&mut self, organization: OrganizationId, role: RoleId, permissions: &[Permission], at: Timestamp) -> Result<u64, PortError>;
        async fn grant_permission(&mut self, organization: OrganizationId, role: RoleId, permission: PermissionId, at: Timestamp) -> Result<bool, PortError>;
        async fn revoke_permission(&mut self, organization: OrganizationId, role: RoleId, permission: PermissionId) -> Result<bool, PortError>;
        async fn insert_permission(&mut self, new: &NewPermission) -> Result<PermissionId, PortError>;
        async fn assign(&mut self, organization: OrganizationId, user: UserId, role: RoleId, at: Timestamp) -> Result<bool, PortError>;
        async fn unassign(&mut self, organization: OrganizationId, user: UserId, role: RoleId) -> Result<bool, PortError>;
        async fn first_holder(&mut self, role: RoleId) -> Result<Option<UserId>, PortError>;
    }
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

    /// The same policy for people: the roles of an organization by name, with
    /// what they grant and who holds them, all of one moment; `Ok(None)`: there
    /// is no such organization.
    async fn overview(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Vec<RoleOverview>>, PortError>;
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

    /// The policy that [`PolicyEngine::snapshot`] would answer with, if it is in
    /// memory and fresh. Never waits; `None`: it has to be read.
    fn at_hand(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
    ) -> Option<Arc<PolicySnapshot>>;

    /// Asks for an organization's policy to be read in the background, by the
    /// next [`PolicyEngine::poll`].
    fn prepare(&self, organization: OrganizationId);

    /// Whether a user may do something, and why, by the reference
    /// implementation of the model over the rows as the store has them now.
    ///
    /// MUST decide as the snapshot of the same revision does. Reads the store
    /// every time: for people who ask why, not for traffic.
    async fn explain(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
        user: UserId,
        permission: &str,
    ) -> Result<Explanation, PolicyError>;

    /// Tells the engine of a committed write: from now on no older policy of
    /// that organization is used on this instance.
    fn observe(&self, organization: OrganizationId, revision: PolicyRevision);

    /// Drops every snapshot: the next call about each organization reads the
    /// store. MUST also keep a load that is under way from serving a call that
    /// comes after this.
    fn drop_all(&self);

    /// Asks the store for the revisions of the organizations in use, and
    /// renews the lease of those that did not change. Called every 250 ms by a
    /// background loop.
    async fn poll(&self) -> Result<(), PortError>;
}
