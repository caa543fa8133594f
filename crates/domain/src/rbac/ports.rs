//! The ports of roles, of grants and assignments, and of the permission
//! catalogue.

use async_trait::async_trait;

use super::{
    CatalogueEntry, NewPermission, NewRole, Permission, PermissionName, Role, RoleWithGrants,
    RoleWithPermissions, SystemRole,
};
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{OrganizationId, PermissionId, RoleId, UserId};
use crate::page::{Page, PageRequest, PermissionKey, RoleKey};

/// Reads of roles.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RoleQueries: Send + Sync {
    /// A role of that organization with what it grants; `Ok(None)`: there is
    /// none in it, whether or not there is one elsewhere.
    async fn find_with_grants(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<Option<RoleWithGrants>, PortError>;

    /// A system role of an organization; `Ok(None)`: it was not made yet.
    async fn find_system(
        &self,
        organization: OrganizationId,
        role: SystemRole,
    ) -> Result<Option<Role>, PortError>;

    /// A page of the organization's roles, by id; the page key is the id.
    async fn list(
        &self,
        organization: OrganizationId,
        page: &PageRequest<RoleKey>,
    ) -> Result<Page<RoleWithPermissions, RoleKey>, PortError>;
}

/// Writes of roles, inside a transaction.
///
/// A change of policy raises the organization's policy revision in the same
/// transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RoleRepo: Send + Sync {
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
}

/// Reads of what roles grant, and of the users who hold them.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait GrantQueries: Send + Sync {
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

    /// The oldest holder of a role; `Ok(None)`: it has no holder.
    async fn first_holder(&self, role: RoleId) -> Result<Option<UserId>, PortError>;
}

/// Writes of grants and assignments, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait GrantRepo: Send + Sync {
    /// Grants permissions of the catalogue to a role of that organization; what
    /// it has, it keeps. Answers how many are new. MUST answer
    /// `MissingReference(Role)` when the role is not of the organization.
    async fn grant_all(
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
    async fn grant(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
        permission: PermissionId,
        at: Timestamp,
    ) -> Result<bool, PortError>;

    /// Takes a permission from a role of that organization. `Ok(false)`: it did
    /// not have it.
    async fn revoke(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<bool, PortError>;

    /// Gives a user a role of the same organization. `Ok(false)`: the user
    /// holds it already. MUST answer `MissingReference` when the user is
    /// no member or the role not one of the organization.
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

    /// Leaves a user of the organization with that role alone; `None`: with
    /// none. One that the user holds already stays as old as it is. MUST
    /// answer `MissingReference` when the user is no member or the role not
    /// one of the organization.
    async fn replace(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        role: Option<RoleId>,
        at: Timestamp,
    ) -> Result<(), PortError>;
}

/// Reads of the permission catalogue.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait CatalogueQueries: Send + Sync {
    /// A permission of the catalogue; `Ok(None)`: there is none.
    async fn find(&self, permission: PermissionId) -> Result<Option<CatalogueEntry>, PortError>;

    /// A page of the catalogue, by id; the page key is the id.
    async fn list(
        &self,
        page: &PageRequest<PermissionKey>,
    ) -> Result<Page<CatalogueEntry, PermissionKey>, PortError>;
}

/// Writes of the permission catalogue, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait CatalogueRepo: Send + Sync {
    /// Adds a permission to the catalogue. MUST answer
    /// `NotUnique(PermissionName)` when there is one of that name.
    async fn insert(&mut self, new: &NewPermission) -> Result<PermissionId, PortError>;
}
