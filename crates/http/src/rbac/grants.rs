//! What roles grant, and who holds them.

use auth_application::access::AccessError;
use auth_application::rbac::RoleError;
use auth_domain::ids::{PermissionId, RoleId, UserId};
use auth_domain::rbac::rules::RuleBroken;
use auth_http_kit::access::{Permit, perm};
use auth_http_kit::answer::{Answer, NoContent, Written};
use auth_http_kit::input::{JsonBody, PathId, Query, State};
use auth_http_kit::routes;
use auth_http_kit::routing::Route;

use super::bodies::{Assignment, Grant};
use crate::scope::OfOrganization;

pub(super) fn routes() -> Vec<Route> {
    routes!["rbac";
        grant_permission.fails(&[
            &RoleError::AlreadyGranted,
            &RuleBroken::CannotGrant,
            &AccessError::OrganizationNotFound,
            &RoleError::PermissionNotFound,
            &RoleError::RoleNotFound,
            &RoleError::SystemRole,
        ]),
        revoke_permission.fails(&[
            &RoleError::NotGranted,
            &AccessError::OrganizationNotFound,
            &RoleError::RoleNotFound,
            &RoleError::SystemRole,
        ]),
        assign_role.fails(&[
            &RuleBroken::CannotGrant,
            &AccessError::OrganizationNotFound,
            &RoleError::RoleNotFound,
            &RoleError::UserNotFound,
        ]),
        unassign_role.fails(&[
            &RuleBroken::LastAdmin,
            &RoleError::NotAssigned,
            &AccessError::OrganizationNotFound,
            &RoleError::UserNotFound,
        ]),
    ]
}

/// Grants a permission to a role. Nobody grants what they do not hold, nor to
/// a role that they hold; `platform.*` is for roles of RootOrg only.
#[utoipa::path(post, path = "/v1/rbac/roles/{role_id}/permissions")]
async fn grant_permission(
    caller: Permit<perm::RolePermAssign>,
    state: State,
    PathId(role): PathId<RoleId>,
    Query(organization): Query<OfOrganization>,
    JsonBody(grant): JsonBody<Grant>,
) -> Answer<Written<NoContent>> {
    let granted = state
        .app
        .roles
        .grant(&caller, organization, role, grant.permission_id);
    let revision = granted.await?;
    Ok(Written::new(revision, NoContent))
}

/// Takes a permission from a role that the caller does not hold.
#[utoipa::path(delete, path = "/v1/rbac/roles/{role_id}/permissions/{permission_id}")]
async fn revoke_permission(
    caller: Permit<perm::RolePermRevoke>,
    state: State,
    PathId(role): PathId<RoleId>,
    PathId(permission): PathId<PermissionId>,
    Query(organization): Query<OfOrganization>,
) -> Answer<Written<NoContent>> {
    let revision = state
        .app
        .roles
        .revoke(&caller, organization, role, permission)
        .await?;
    Ok(Written::new(revision, NoContent))
}

/// Gives another user one more role; the others stay. Also 204 when the user
/// holds it. Refused where the role, or the user, has a permission that the
/// caller lacks.
#[utoipa::path(post, path = "/v1/rbac/users/{user_id}/roles")]
async fn assign_role(
    caller: Permit<perm::RoleAssign>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(organization): Query<OfOrganization>,
    JsonBody(assignment): JsonBody<Assignment>,
) -> Answer<Written<NoContent>> {
    let assigned = state
        .app
        .roles
        .assign(&caller, organization, user, assignment.role_id);
    let revision = assigned.await?;
    Ok(Written::new(revision, NoContent))
}

/// Takes a role from another user. The last active admin of an organization
/// keeps its admin role.
#[utoipa::path(delete, path = "/v1/rbac/users/{user_id}/roles/{role_id}")]
async fn unassign_role(
    caller: Permit<perm::RoleRevoke>,
    state: State,
    PathId(user): PathId<UserId>,
    PathId(role): PathId<RoleId>,
    Query(organization): Query<OfOrganization>,
) -> Answer<Written<NoContent>> {
    let revision = state
        .app
        .roles
        .unassign(&caller, organization, user, role)
        .await?;
    Ok(Written::new(revision, NoContent))
}
