//! Acme with what callers do with roles, each with the right that it takes.

use std::sync::Arc;

use auth_application::rbac::{RoleChanges, RoleDraft, RoleError};
use auth_application::{Application, Written};
use auth_domain::caller::Caller;
use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::page::{Page, PageRequest, RoleKey};
use auth_domain::rbac::{
    CatalogueEntry, Permission, PermissionName, PolicyEngine as _, PolicyRevision,
    RoleWithPermissions,
};
use auth_domain::store::Store as _;
use auth_domain::text::RoleName;

use crate::acme::Acme;
pub(crate) use crate::acme::refused;

pub(crate) struct Office {
    pub(crate) acme: Acme,
    pub(crate) roles: Roles,
}

/// A caller, and the organization that it names.
#[derive(Clone, Copy)]
pub(crate) struct Acting<'a> {
    caller: &'a Caller,
    organization: Option<OrganizationId>,
}

/// The caller in its own organization.
pub(crate) fn at_home(caller: &Caller) -> Acting<'_> {
    Acting {
        caller,
        organization: None,
    }
}

/// The caller in the organization that it names.
pub(crate) fn at(caller: &Caller, organization: OrganizationId) -> Acting<'_> {
    Acting {
        organization: Some(organization),
        ..at_home(caller)
    }
}

pub(crate) fn draft(name: &str) -> RoleDraft {
    RoleDraft {
        name: RoleName::parse(name).unwrap(),
        description: None,
    }
}

pub(crate) fn renamed(name: &str) -> RoleChanges {
    RoleChanges {
        name: Some(RoleName::parse(name).unwrap()),
        ..RoleChanges::default()
    }
}

/// The service of roles, asked by callers who fetch their right first.
pub(crate) struct Roles(Arc<Application>);

/// Fetches the right of the caller and calls the use case with it.
macro_rules! acting {
    ($app:expr, $acting:expr, $verb:ident($($argument:expr),*)) => {{
        let right = $app.access.grant($acting.caller.clone()).await?;
        $app.roles.$verb(&right, $acting.organization, $($argument),*).await
    }};
}

impl Roles {
    pub(crate) async fn list(
        &self,
        acting: Acting<'_>,
        page: &PageRequest<RoleKey>,
    ) -> Result<Page<RoleWithPermissions, RoleKey>, RoleError> {
        acting!(self.0, acting, list(page))
    }

    pub(crate) async fn create(
        &self,
        acting: Acting<'_>,
        draft: &RoleDraft,
    ) -> Result<Written<RoleWithPermissions>, RoleError> {
        acting!(self.0, acting, create(draft))
    }

    pub(crate) async fn update(
        &self,
        acting: Acting<'_>,
        role: RoleId,
        changes: &RoleChanges,
    ) -> Result<Written<RoleWithPermissions>, RoleError> {
        acting!(self.0, acting, update(role, changes))
    }

    pub(crate) async fn delete(
        &self,
        acting: Acting<'_>,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        acting!(self.0, acting, delete(role))
    }

    pub(crate) async fn grant(
        &self,
        acting: Acting<'_>,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<PolicyRevision, RoleError> {
        acting!(self.0, acting, grant(role, permission))
    }

    pub(crate) async fn revoke(
        &self,
        acting: Acting<'_>,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<PolicyRevision, RoleError> {
        acting!(self.0, acting, revoke(role, permission))
    }

    pub(crate) async fn assign(
        &self,
        acting: Acting<'_>,
        user: UserId,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        acting!(self.0, acting, assign(user, role))
    }

    pub(crate) async fn unassign(
        &self,
        acting: Acting<'_>,
        user: UserId,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        acting!(self.0, acting, unassign(user, role))
    }

    /// The first page of the catalogue.
    pub(crate) async fn list_permissions(
        &self,
        caller: &Caller,
    ) -> Result<Vec<CatalogueEntry>, RoleError> {
        let right = self.0.access.grant(caller.clone()).await?;
        let page = PageRequest::first();
        let found = self.0.roles.list_permissions(&right, &page).await?;
        Ok(found.items)
    }

    pub(crate) async fn create_permission(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Written<CatalogueEntry>, RoleError> {
        let name = PermissionName::parse(name).unwrap();
        let right = self.0.access.grant(caller.clone()).await?;
        self.0.roles.create_permission(&right, &name, None).await
    }
}

impl Office {
    pub(crate) async fn new() -> Self {
        let acme = Acme::new().await;
        let roles = Roles(Arc::clone(&acme.app));
        Self { acme, roles }
    }

    pub(crate) async fn boss(&self) -> Caller {
        self.acme.caller("boss").await
    }

    pub(crate) async fn root(&self) -> Caller {
        self.acme.caller("root").await
    }

    /// A user of RootOrg who holds exactly those permissions.
    pub(crate) async fn official(&self, name: &str, permissions: &[Permission]) -> Caller {
        self.acme.official(name, permissions).await
    }

    /// The id of a permission of the catalogue.
    pub(crate) async fn id_of(&self, name: &str) -> PermissionId {
        let catalogue = self.acme.store.read().catalogue();
        let page = catalogue.list(&PageRequest::first()).await.unwrap();
        let found = page.items.iter().find(|entry| entry.name.as_str() == name);
        found.unwrap().id
    }

    /// A permission that the platform added.
    pub(crate) async fn added(&self, name: &str) -> PermissionId {
        let root = self.root().await;
        let made = self.roles.create_permission(&root, name).await;
        made.unwrap().value.id
    }

    pub(crate) async fn grant(
        &self,
        acting: Acting<'_>,
        role: RoleId,
        permission: Permission,
    ) -> Result<PolicyRevision, RoleError> {
        let id = self.id_of(permission.name()).await;
        self.roles.grant(acting, role, id).await
    }

    /// A role as it is stored.
    pub(crate) async fn stored(
        &self,
        of: OrganizationId,
        role: RoleId,
    ) -> Option<RoleWithPermissions> {
        let roles = self.acme.store.read().roles();
        let found = roles.find_with_grants(of, role).await.unwrap();
        found.map(RoleWithPermissions::from)
    }

    /// The roles of a user of Acme.
    pub(crate) async fn held(&self, user: UserId) -> Vec<RoleId> {
        self.acme.read(user).await.role_ids
    }

    /// What decisions about Acme say now.
    pub(crate) async fn may(&self, user: UserId, permission: &str) -> bool {
        let policy = self.acme.policies.snapshot(self.acme.id, None).await;
        policy.unwrap().check(user, permission)
    }

    pub(crate) async fn last_words(&self) -> [String; 2] {
        self.acme.last_words().await
    }
}
