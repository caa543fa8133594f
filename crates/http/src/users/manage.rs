//! The users of an organization.

use auth_application::access::AccessError;
use auth_application::identity::PasswordRefused;
use auth_application::users::AccountTaken;
use auth_application::users::UserError;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::rules::RuleBroken;
use auth_domain::users::UserKey;
use auth_http_kit::access::{Permit, perm};
use auth_http_kit::answer::{Answer, Created, Json, Written};
use auth_http_kit::input::{JsonBody, PathId, Query, QueryLists, State};
use auth_http_kit::page::{Listed, Paged};
use auth_http_kit::problem::EdgeCode;
use auth_http_kit::routes;
use auth_http_kit::routing::Route;

use super::bodies::{Invitation, UserBody, UserFilterQuery, UserPatch};
use crate::scope::OfOrganization;

pub(super) fn routes() -> Vec<Route> {
    routes!["users";
        list_users.fails(&[&AccessError::OrganizationNotFound]),
        invite_user.fails(&[
            &RuleBroken::CannotGrant,
            &AccountTaken::Email,
            &AccessError::OrganizationNotFound,
            &PasswordRefused::TooCommon,
            &EdgeCode::RateLimited,
            &UserError::RoleNotInOrganization,
            &AccountTaken::Username,
        ]),
        get_user.fails(&[&UserError::NotFound, &AccessError::OrganizationNotFound]),
        update_user.fails(&[
            &RuleBroken::CannotGrant,
            &RuleBroken::LastAdmin,
            &UserError::NotFound,
            &AccessError::OrganizationNotFound,
            &UserError::RoleNotInOrganization,
        ]),
        deactivate_user.fails(&[
            &RuleBroken::LastAdmin,
            &UserError::NotFound,
            &AccessError::OrganizationNotFound,
        ]),
    ]
}

/// The users of an organization, by id.
#[utoipa::path(get, path = "/v1/orgs/{organization_id}/users")]
async fn list_users(
    caller: Permit<perm::UserRead>,
    state: State,
    PathId(organization): PathId<OrganizationId>,
    QueryLists(filter): QueryLists<UserFilterQuery>,
    page: Paged<UserKey>,
) -> Answer<Listed<UserBody>> {
    let (principal, request) = (&caller, page.request());
    let list = state
        .app
        .users
        .list(principal, organization, &filter, request);
    Ok(page.answer(list.await?, UserBody::from))
}

/// Makes a user of an organization, with a role of it or with `member`.
#[utoipa::path(post, path = "/v1/orgs/{organization_id}/users")]
async fn invite_user(
    caller: Permit<perm::UserInvite>,
    state: State,
    PathId(organization): PathId<OrganizationId>,
    JsonBody(Invitation { account, role_id }): JsonBody<Invitation>,
) -> Answer<Written<Created<UserBody>>> {
    let invite = state
        .app
        .users
        .invite(&caller, organization, role_id, &account);
    let made = invite.await?;
    Ok(Written::new(made.revision, Created(made.value.into())))
}

/// One user of one's organization; for the platform also of another one.
#[utoipa::path(get, path = "/v1/users/{user_id}")]
async fn get_user(
    caller: Permit<perm::UserRead>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(organization): Query<OfOrganization>,
) -> Answer<Json<UserBody>> {
    let found = state.app.users.get(&caller, organization, user);
    Ok(Json(found.await?.into()))
}

/// Changes a user; what is absent stays as it is, null clears.
///
/// `status` needs `user.delete`, `role_id` needs `role.assign` and
/// `role.revoke`. Nobody changes their own, nor those of somebody who holds a
/// permission that they lack.
#[utoipa::path(patch, path = "/v1/users/{user_id}")]
async fn update_user(
    caller: Permit<perm::UserUpdate>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(organization): Query<OfOrganization>,
    JsonBody(changes): JsonBody<UserPatch>,
) -> Answer<Written<Json<UserBody>>> {
    let update = state
        .app
        .users
        .update(&caller, organization, user, &changes);
    let after = update.await?;
    Ok(Written::new(after.revision, Json(after.value.into())))
}

/// Deactivates a user and revokes all sessions. Nothing is removed.
#[utoipa::path(delete, path = "/v1/users/{user_id}")]
async fn deactivate_user(
    caller: Permit<perm::UserDelete>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(organization): Query<OfOrganization>,
) -> Answer<Written<Json<UserBody>>> {
    let deactivate = state.app.users.deactivate(&caller, organization, user);
    let after = deactivate.await?;
    Ok(Written::new(after.revision, Json(after.value.into())))
}
