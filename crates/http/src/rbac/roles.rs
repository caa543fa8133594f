//! The roles of an organization, and the permission catalogue.

use auth_application::access::AccessError;
use auth_application::rbac::RoleError;
use auth_domain::ids::RoleId;
use auth_domain::page::{PermissionKey, RoleKey};
use auth_http_kit::access::{Permit, perm};
use auth_http_kit::answer::{Answer, Created, Json, NoContent, Written};
use auth_http_kit::input::{JsonBody, PathId, Query, State};
use auth_http_kit::page::{Listed, Paged};
use auth_http_kit::routes;
use auth_http_kit::routing::Route;

use super::bodies::{NewPermission, NewRole, PermissionBody, RoleBody, RolePatch};
use crate::scope::OfOrganization;

pub(super) fn routes() -> Vec<Route> {
    routes!["rbac";
        list_roles.fails(&[&AccessError::OrganizationNotFound]),
        create_role.fails(&[&RoleError::NameTaken, &AccessError::OrganizationNotFound]),
        update_role.fails(&[
            &RoleError::NameTaken,
            &AccessError::OrganizationNotFound,
            &RoleError::RoleNotFound,
            &RoleError::SystemRole,
        ]),
        delete_role.fails(&[
            &AccessError::OrganizationNotFound,
            &RoleError::RoleNotFound,
            &RoleError::SystemRole,
        ]),
        list_permissions,
        create_permission.fails(&[&RoleError::PermissionNameTaken]),
    ]
}

/// The roles of one's organization; for the platform also of another one.
#[utoipa::path(get, path = "/v1/rbac/roles")]
async fn list_roles(
    caller: Permit<perm::RoleRead>,
    state: State,
    page: Paged<RoleKey>,
    Query(organization): Query<OfOrganization>,
) -> Answer<Listed<RoleBody>> {
    let list = state.app.roles.list(&caller, organization, page.request());
    Ok(page.answer(list.await?, RoleBody::from))
}

/// Makes a role, which grants nothing yet.
#[utoipa::path(post, path = "/v1/rbac/roles")]
async fn create_role(
    caller: Permit<perm::RoleCreate>,
    state: State,
    Query(organization): Query<OfOrganization>,
    JsonBody(draft): JsonBody<NewRole>,
) -> Answer<Written<Created<RoleBody>>> {
    let made = state.app.roles.create(&caller, organization, &draft);
    let made = made.await?;
    Ok(Written::new(made.revision, Created(made.value.into())))
}

/// Renames or describes a role; what is absent or null stays as it is. System
/// roles, and roles that the caller holds, stay as they are.
#[utoipa::path(patch, path = "/v1/rbac/roles/{role_id}")]
async fn update_role(
    caller: Permit<perm::RoleUpdate>,
    state: State,
    PathId(role): PathId<RoleId>,
    Query(organization): Query<OfOrganization>,
    JsonBody(changes): JsonBody<RolePatch>,
) -> Answer<Written<Json<RoleBody>>> {
    let after = state
        .app
        .roles
        .update(&caller, organization, role, &changes)
        .await?;
    Ok(Written::new(after.revision, Json(after.value.into())))
}

/// Deletes a role: whoever held it does not any more. Refused for system
/// roles, for roles that the caller holds, and where a holder has a permission
/// that the caller lacks.
#[utoipa::path(delete, path = "/v1/rbac/roles/{role_id}")]
async fn delete_role(
    caller: Permit<perm::RoleDelete>,
    state: State,
    PathId(role): PathId<RoleId>,
    Query(organization): Query<OfOrganization>,
) -> Answer<Written<NoContent>> {
    let revision = state.app.roles.delete(&caller, organization, role).await?;
    Ok(Written::new(revision, NoContent))
}

/// The permission catalogue, which all organizations share.
#[utoipa::path(get, path = "/v1/rbac/permissions")]
async fn list_permissions(
    caller: Permit<perm::PermRead>,
    state: State,
    page: Paged<PermissionKey>,
) -> Answer<Listed<PermissionBody>> {
    let list = state.app.roles.list_permissions(&caller, page.request());
    Ok(page.answer(list.await?, PermissionBody::from))
}

/// Adds a permission to the catalogue: for holders of `platform.rbac.manage`
/// in RootOrg. `super_admin` has it from then on.
#[utoipa::path(post, path = "/v1/rbac/permissions")]
async fn create_permission(
    caller: Permit<perm::OnPlatform<perm::PermCreate>>,
    state: State,
    JsonBody(body): JsonBody<NewPermission>,
) -> Answer<Written<Created<PermissionBody>>> {
    let (name, description) = (&body.permission_name, body.permission_description.as_ref());
    let create = state
        .app
        .roles
        .create_permission(&caller, name, description);
    let made = create.await?;
    Ok(Written::new(made.revision, Created(made.value.into())))
}
