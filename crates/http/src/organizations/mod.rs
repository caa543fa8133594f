//! Organizations.

mod bodies;

use actix_web::http::StatusCode;
use auth_domain::ids::OrganizationId;

use crate::access::{Permit, PermitAll, perm};
use crate::answer::{Answer, ok, written};
use crate::input::{JsonBody, PathId, State};
use crate::page::{ItemList, PageParameters, Paged};
use crate::routing::{Route, route};
use crate::users::{AccountInput, AdminBody, AdminUser};
use bodies::{ChangesInput, NewOrganization, NewTenantInput, OrganizationBody, OrganizationPatch};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::<__path_list_organizations, _, _>(list_organizations),
        route::<__path_create_organization, _, _>(create_organization)
            .fails(&["organization_exists", "busy"]),
        route::<__path_get_organization, _, _>(get_organization).fails(&["organization_not_found"]),
        route::<__path_update_organization, _, _>(update_organization).fails(&[
            "organization_exists",
            "organization_not_found",
            "protected_organization",
            "busy",
        ]),
        route::<__path_delete_organization, _, _>(delete_organization).fails(&[
            "organization_not_found",
            "protected_organization",
            "busy",
        ]),
        route::<__path_invite_admin, _, _>(invite_admin).fails(&[
            "busy",
            "cannot_grant",
            "email_already_exists",
            "organization_not_found",
            "password_too_common",
            "username_already_exists",
        ]),
    ]
}

/// The organizations that the caller sees: its own, or for the platform all.
#[utoipa::path(get, path = "/v1/orgs", tag = "organizations", params(PageParameters),
    responses((status = 200, body = ItemList<OrganizationBody>)))]
async fn list_organizations(caller: Permit<perm::OrgRead>, state: State, page: Paged<1>) -> Answer {
    let list = state.organizations.list(caller.principal(), page.request());
    page.answer(list.await?, OrganizationBody::from)
}

/// Makes a tenant with its system roles: the platform's to do.
#[utoipa::path(post, path = "/v1/orgs", tag = "organizations", request_body = NewOrganization,
    responses((status = 201, body = OrganizationBody)))]
async fn create_organization(
    caller: Permit<perm::OrgCreate>,
    state: State,
    JsonBody(NewTenantInput(new)): JsonBody<NewTenantInput>,
) -> Answer {
    let create = state
        .organizations
        .create(caller.actor(), caller.principal(), &new);
    let made = create.await?;
    written(
        StatusCode::CREATED,
        made.revision,
        &OrganizationBody::from(made.value),
    )
}

/// One organization.
#[utoipa::path(get, path = "/v1/orgs/{organization_id}", tag = "organizations",
    params(("organization_id" = i64, Path, minimum = 1, example = 3)),
    responses((status = 200, body = OrganizationBody)))]
async fn get_organization(
    caller: Permit<perm::OrgRead>,
    state: State,
    PathId(id): PathId<OrganizationId>,
) -> Answer {
    let found = state.organizations.get(caller.principal(), id).await?;
    ok(&OrganizationBody::from(found))
}

/// Changes an organization; what is absent or null stays as it is.
#[utoipa::path(patch, path = "/v1/orgs/{organization_id}", tag = "organizations",
    params(("organization_id" = i64, Path, minimum = 1, example = 3)),
    request_body = OrganizationPatch, responses((status = 200, body = OrganizationBody)))]
async fn update_organization(
    caller: Permit<perm::OrgUpdate>,
    state: State,
    PathId(id): PathId<OrganizationId>,
    JsonBody(ChangesInput(changes)): JsonBody<ChangesInput>,
) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    let update = state.organizations.update(actor, principal, id, &changes);
    let after = update.await?;
    written(
        StatusCode::OK,
        after.revision,
        &OrganizationBody::from(after.value),
    )
}

/// Suspends an organization. Nothing is removed.
#[utoipa::path(delete, path = "/v1/orgs/{organization_id}", tag = "organizations",
    params(("organization_id" = i64, Path, minimum = 1, example = 3)),
    responses((status = 200, body = OrganizationBody)))]
async fn delete_organization(
    caller: Permit<perm::OrgDelete>,
    state: State,
    PathId(id): PathId<OrganizationId>,
) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    let closed = state.organizations.deactivate(actor, principal, id).await?;
    written(
        StatusCode::OK,
        closed.revision,
        &OrganizationBody::from(closed.value),
    )
}

/// Makes an admin of an organization, who becomes its owner when it has none.
#[utoipa::path(post, path = "/v1/orgs/{organization_id}/admins", tag = "organizations",
    params(("organization_id" = i64, Path, minimum = 1, example = 3)),
    request_body = AdminUser, responses((status = 201, body = AdminBody)))]
async fn invite_admin(
    caller: PermitAll<(perm::UserInvite, perm::RoleAssign)>,
    state: State,
    PathId(id): PathId<OrganizationId>,
    JsonBody(AccountInput(account)): JsonBody<AccountInput>,
) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    let invite = state.users.invite_admin(actor, principal, id, &account);
    let made = invite.await?;
    let body = AdminBody::from(made.value);
    written(StatusCode::CREATED, made.revision, &body)
}
