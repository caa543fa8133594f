//! The users of an organization.

use actix_web::http::StatusCode;
use auth_domain::ids::{OrganizationId, UserId};

use super::bodies::{
    Invitation, InvitationInput, StatusFilter, StatusFilterInput, UserBody, UserChangesInput,
    UserPatch,
};
use crate::access::{Permit, perm};
use crate::answer::{Answer, ok, written};
use crate::input::{JsonBody, PathId, Query, QueryLists, State};
use crate::page::{ItemList, PageParameters, Paged};
use crate::routing::{Route, route};
use crate::scope::{OfOrganization, OfOrganizationInput};

pub(super) fn routes() -> Vec<Route> {
    vec![
        route::<__path_list_users, _, _>(list_users).fails(&["organization_not_found"]),
        route::<__path_invite_user, _, _>(invite_user).fails(&[
            "busy",
            "cannot_grant",
            "email_already_exists",
            "organization_not_found",
            "password_too_common",
            "role_not_in_organization",
            "username_already_exists",
        ]),
        route::<__path_get_user, _, _>(get_user)
            .fails(&["organization_not_found", "user_not_found"]),
        route::<__path_update_user, _, _>(update_user).fails(&[
            "busy",
            "cannot_grant",
            "last_admin",
            "organization_not_found",
            "role_not_in_organization",
            "user_not_found",
        ]),
        route::<__path_deactivate_user, _, _>(deactivate_user).fails(&[
            "busy",
            "last_admin",
            "organization_not_found",
            "user_not_found",
        ]),
    ]
}

/// The users of an organization, by id.
#[utoipa::path(get, path = "/v1/orgs/{organization_id}/users", tag = "users",
    params(("organization_id" = i64, Path, minimum = 1, example = 3), StatusFilter, PageParameters),
    responses((status = 200, body = ItemList<UserBody>)))]
async fn list_users(
    caller: Permit<perm::UserRead>,
    state: State,
    PathId(organization): PathId<OrganizationId>,
    QueryLists(StatusFilterInput(status)): QueryLists<StatusFilterInput>,
    page: Paged<1>,
) -> Answer {
    let (principal, request) = (caller.principal(), page.request());
    let list = state.users.list(principal, organization, status, request);
    page.answer(list.await?, UserBody::from)
}

/// Makes a user of an organization, with a role of it or with `member`.
#[utoipa::path(post, path = "/v1/orgs/{organization_id}/users", tag = "users",
    params(("organization_id" = i64, Path, minimum = 1, example = 3)),
    request_body = Invitation, responses((status = 201, body = UserBody)))]
async fn invite_user(
    caller: Permit<perm::UserInvite>,
    state: State,
    PathId(organization): PathId<OrganizationId>,
    JsonBody(InvitationInput { account, role }): JsonBody<InvitationInput>,
) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    let invite = state
        .users
        .invite(actor, principal, organization, role, &account);
    let made = invite.await?;
    let body = UserBody::from(made.value);
    written(StatusCode::CREATED, made.revision, &body)
}

/// One user of one's organization; for the platform also of another one.
#[utoipa::path(get, path = "/v1/users/{user_id}", tag = "users",
    params(("user_id" = i64, Path, minimum = 1, example = 7), OfOrganization),
    responses((status = 200, body = UserBody)))]
async fn get_user(
    caller: Permit<perm::UserRead>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
) -> Answer {
    let found = state.users.get(caller.principal(), organization, user);
    ok(&UserBody::from(found.await?))
}

/// Changes a user; what is absent stays as it is, null clears.
///
/// `status` needs `user.delete`, `role_id` needs `role.assign` and
/// `role.revoke`. Nobody changes their own, nor those of somebody who holds a
/// permission that they lack.
#[utoipa::path(patch, path = "/v1/users/{user_id}", tag = "users",
    params(("user_id" = i64, Path, minimum = 1, example = 7), OfOrganization),
    request_body = UserPatch, responses((status = 200, body = UserBody)))]
async fn update_user(
    caller: Permit<perm::UserUpdate>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
    JsonBody(UserChangesInput(changes)): JsonBody<UserChangesInput>,
) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    let update = state
        .users
        .update(actor, principal, organization, user, &changes);
    let after = update.await?;
    written(StatusCode::OK, after.revision, &UserBody::from(after.value))
}

/// Deactivates a user and revokes all sessions. Nothing is removed.
#[utoipa::path(delete, path = "/v1/users/{user_id}", tag = "users",
    params(("user_id" = i64, Path, minimum = 1, example = 7), OfOrganization),
    responses((status = 200, body = UserBody)))]
async fn deactivate_user(
    caller: Permit<perm::UserDelete>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    let deactivate = state.users.deactivate(actor, principal, organization, user);
    let after = deactivate.await?;
    written(StatusCode::OK, after.revision, &UserBody::from(after.value))
}
