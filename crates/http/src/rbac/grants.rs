//! What roles grant, and who holds them.

use auth_domain::ids::{PermissionId, RoleId, UserId};

use super::bodies::{Assignment, AssignmentInput, Grant, GrantInput};
use super::{OfOrganization, OfOrganizationInput, acting};
use crate::access::{Permit, perm};
use crate::answer::{Answer, written_nothing};
use crate::input::{JsonBody, PathId, Query, State};
use crate::routing::{Route, route};

pub(super) fn routes() -> Vec<Route> {
    vec![
        route::<__path_grant_permission, _, _>(grant_permission).fails(&[
            "organization_not_found",
            "role_not_found",
            "permission_not_found",
            "role_permission_exists",
            "cannot_grant",
            "system_role",
            "busy",
        ]),
        route::<__path_revoke_permission, _, _>(revoke_permission).fails(&[
            "organization_not_found",
            "role_not_found",
            "role_permission_not_found",
            "system_role",
            "busy",
        ]),
        route::<__path_assign_role, _, _>(assign_role).fails(&[
            "organization_not_found",
            "user_not_found",
            "role_not_found",
            "cannot_grant",
            "busy",
        ]),
        route::<__path_unassign_role, _, _>(unassign_role).fails(&[
            "organization_not_found",
            "user_not_found",
            "role_not_assigned",
            "last_admin",
            "busy",
        ]),
    ]
}

/// Grants a permission to a role. Nobody grants what they do not hold, nor to
/// a role that they hold; `platform.*` is for roles of RootOrg only.
#[utoipa::path(post, path = "/v1/rbac/roles/{role_id}/permissions", tag = "rbac",
    params(("role_id" = i64, Path, minimum = 1, example = 5), OfOrganization),
    request_body = Grant, responses((status = 204)))]
async fn grant_permission(
    caller: Permit<perm::RolePermAssign>,
    state: State,
    PathId(role): PathId<RoleId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
    JsonBody(GrantInput(permission)): JsonBody<GrantInput>,
) -> Answer {
    let acting = acting(&caller, organization);
    let revision = state.roles.grant(acting, role, permission).await?;
    Ok(written_nothing(revision))
}

/// Takes a permission from a role that the caller does not hold.
#[utoipa::path(delete, path = "/v1/rbac/roles/{role_id}/permissions/{permission_id}", tag = "rbac",
    params(("role_id" = i64, Path, minimum = 1, example = 5),
        ("permission_id" = i64, Path, minimum = 1, example = 6), OfOrganization),
    responses((status = 204)))]
async fn revoke_permission(
    caller: Permit<perm::RolePermRevoke>,
    state: State,
    PathId(role): PathId<RoleId>,
    PathId(permission): PathId<PermissionId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
) -> Answer {
    let acting = acting(&caller, organization);
    let revision = state.roles.revoke(acting, role, permission).await?;
    Ok(written_nothing(revision))
}

/// Gives another user one more role; the others stay. Also 204 when the user
/// holds it. Refused where the role, or the user, has a permission that the
/// caller lacks.
#[utoipa::path(post, path = "/v1/rbac/users/{user_id}/roles", tag = "rbac",
    params(("user_id" = i64, Path, minimum = 1, example = 7), OfOrganization),
    request_body = Assignment, responses((status = 204)))]
async fn assign_role(
    caller: Permit<perm::RoleAssign>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
    JsonBody(AssignmentInput(role)): JsonBody<AssignmentInput>,
) -> Answer {
    let acting = acting(&caller, organization);
    let revision = state.roles.assign(acting, user, role).await?;
    Ok(written_nothing(revision))
}

/// Takes a role from another user. The last active admin of an organization
/// keeps its admin role.
#[utoipa::path(delete, path = "/v1/rbac/users/{user_id}/roles/{role_id}", tag = "rbac",
    params(("user_id" = i64, Path, minimum = 1, example = 7),
        ("role_id" = i64, Path, minimum = 1, example = 5), OfOrganization),
    responses((status = 204)))]
async fn unassign_role(
    caller: Permit<perm::RoleRevoke>,
    state: State,
    PathId(user): PathId<UserId>,
    PathId(role): PathId<RoleId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
) -> Answer {
    let acting = acting(&caller, organization);
    let revision = state.roles.unassign(acting, user, role).await?;
    Ok(written_nothing(revision))
}
