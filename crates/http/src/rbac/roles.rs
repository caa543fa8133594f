//! The roles of an organization, and the permission catalogue.

use actix_web::http::StatusCode;
use auth_domain::ids::RoleId;

use super::bodies::{
    NewPermission, NewRole, PermissionBody, PermissionInput, RoleBody, RoleChangesInput, RoleInput,
    RolePatch,
};
use super::{OfOrganization, OfOrganizationInput, acting};
use crate::access::{Permit, perm};
use crate::answer::{Answer, written, written_nothing};
use crate::input::{JsonBody, PathId, Query, State};
use crate::page::{ItemList, PageParameters, Paged};
use crate::routing::{Route, route};

pub(super) fn routes() -> Vec<Route> {
    vec![
        route::<__path_list_roles, _, _>(list_roles).fails(&["organization_not_found"]),
        route::<__path_create_role, _, _>(create_role).fails(&[
            "organization_not_found",
            "role_name_exists",
            "busy",
        ]),
        route::<__path_update_role, _, _>(update_role).fails(&[
            "organization_not_found",
            "role_not_found",
            "role_name_exists",
            "system_role",
            "busy",
        ]),
        route::<__path_delete_role, _, _>(delete_role).fails(&[
            "organization_not_found",
            "role_not_found",
            "system_role",
            "busy",
        ]),
        route::<__path_list_permissions, _, _>(list_permissions),
        route::<__path_create_permission, _, _>(create_permission)
            .fails(&["permission_name_exists", "busy"]),
    ]
}

/// The roles of one's organization; for the platform also of another one.
#[utoipa::path(get, path = "/v1/rbac/roles", tag = "rbac", params(PageParameters, OfOrganization),
    responses((status = 200, body = ItemList<RoleBody>)))]
async fn list_roles(
    caller: Permit<perm::RoleRead>,
    state: State,
    page: Paged<1>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
) -> Answer {
    let list = state
        .roles
        .list(caller.principal(), organization, page.request());
    page.answer(list.await?, RoleBody::from)
}

/// Makes a role, which grants nothing yet.
#[utoipa::path(post, path = "/v1/rbac/roles", tag = "rbac", params(OfOrganization),
    request_body = NewRole, responses((status = 201, body = RoleBody)))]
async fn create_role(
    caller: Permit<perm::RoleCreate>,
    state: State,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
    JsonBody(RoleInput(draft)): JsonBody<RoleInput>,
) -> Answer {
    let made = state.roles.create(acting(&caller, organization), &draft);
    let made = made.await?;
    let body = RoleBody::from(made.value);
    written(StatusCode::CREATED, made.revision, &body)
}

/// Renames or describes a role; what is absent or null stays as it is. System
/// roles, and roles that the caller holds, stay as they are.
#[utoipa::path(patch, path = "/v1/rbac/roles/{role_id}", tag = "rbac",
    params(("role_id" = i64, Path, minimum = 1, example = 5), OfOrganization),
    request_body = RolePatch, responses((status = 200, body = RoleBody)))]
async fn update_role(
    caller: Permit<perm::RoleUpdate>,
    state: State,
    PathId(role): PathId<RoleId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
    JsonBody(RoleChangesInput(changes)): JsonBody<RoleChangesInput>,
) -> Answer {
    let acting = acting(&caller, organization);
    let after = state.roles.update(acting, role, &changes).await?;
    let body = RoleBody::from(after.value);
    written(StatusCode::OK, after.revision, &body)
}

/// Deletes a role: whoever held it does not any more. Refused for system
/// roles, for roles that the caller holds, and where a holder has a permission
/// that the caller lacks.
#[utoipa::path(delete, path = "/v1/rbac/roles/{role_id}", tag = "rbac",
    params(("role_id" = i64, Path, minimum = 1, example = 5), OfOrganization),
    responses((status = 204)))]
async fn delete_role(
    caller: Permit<perm::RoleDelete>,
    state: State,
    PathId(role): PathId<RoleId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
) -> Answer {
    let acting = acting(&caller, organization);
    let revision = state.roles.delete(acting, role).await?;
    Ok(written_nothing(revision))
}

/// The permission catalogue, which all organizations share.
#[utoipa::path(get, path = "/v1/rbac/permissions", tag = "rbac", params(PageParameters),
    responses((status = 200, body = ItemList<PermissionBody>)))]
async fn list_permissions(_caller: Permit<perm::PermRead>, state: State, page: Paged<1>) -> Answer {
    let list = state.roles.list_permissions(page.request());
    page.answer(list.await?, PermissionBody::from)
}

/// Adds a permission to the catalogue: for holders of `platform.rbac.manage`
/// in RootOrg. `super_admin` has it from then on.
#[utoipa::path(post, path = "/v1/rbac/permissions", tag = "rbac", request_body = NewPermission,
    responses((status = 201, body = PermissionBody)))]
async fn create_permission(
    caller: Permit<perm::PermCreate>,
    state: State,
    JsonBody(PermissionInput { name, description }): JsonBody<PermissionInput>,
) -> Answer {
    let acting = acting(&caller, None);
    let create = state
        .roles
        .create_permission(acting, &name, description.as_ref());
    let made = create.await?;
    let body = PermissionBody::from(made.value);
    written(StatusCode::CREATED, made.revision, &body)
}
