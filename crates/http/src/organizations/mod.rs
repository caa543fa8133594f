//! Organizations.

mod bodies;

use auth_application::identity::PasswordRefused;
use auth_application::organizations::OrganizationError;
use auth_application::users::AccountTaken;
use auth_domain::ids::OrganizationId;
use auth_domain::organizations::LicenseStatus;
use auth_domain::page::OrganizationKey;
use auth_domain::rbac::rules::RuleBroken;
use auth_http_kit::access::{Permit, perm};
use auth_http_kit::answer::{Answer, Created, Json, Written};
use auth_http_kit::input::{JsonBody, PathId, State, Word};
use auth_http_kit::page::{Listed, Paged};
use auth_http_kit::problem::EdgeCode;
use auth_http_kit::routes;
use auth_http_kit::routing::Route;

use crate::users::{AdminBody, AdminUser};
use bodies::{NewOrganization, OrganizationBody, OrganizationPatch};

/// The state of a licence, in answers.
pub(crate) type LicenseStatusWord = Word<LicenseStatus>;

pub(crate) fn routes() -> Vec<Route> {
    routes!["organizations";
        list_organizations,
        create_organization.fails(&[&OrganizationError::NameTaken]),
        get_organization.fails(&[&OrganizationError::NotFound]),
        update_organization.fails(&[
            &OrganizationError::NameTaken,
            &OrganizationError::NotFound,
            &OrganizationError::Protected,
        ]),
        delete_organization.fails(&[&OrganizationError::NotFound, &OrganizationError::Protected]),
        invite_admin.fails(&[
            &OrganizationError::NotFound,
            &RuleBroken::CannotGrant,
            &AccountTaken::Email,
            &PasswordRefused::TooCommon,
            &EdgeCode::RateLimited,
            &AccountTaken::Username,
        ]),
    ]
}

/// The organizations that the caller sees: its own, or for the platform all.
#[utoipa::path(get, path = "/v1/orgs")]
async fn list_organizations(
    caller: Permit<perm::OrgRead>,
    state: State,
    page: Paged<OrganizationKey>,
) -> Answer<Listed<OrganizationBody>> {
    let list = state.app.organizations.list(&caller, page.request());
    Ok(page.answer(list.await?, OrganizationBody::from))
}

/// Makes a tenant with its system roles: the platform's to do.
#[utoipa::path(post, path = "/v1/orgs")]
async fn create_organization(
    caller: Permit<perm::OnPlatform<perm::OrgCreate>>,
    state: State,
    JsonBody(new): JsonBody<NewOrganization>,
) -> Answer<Written<Created<OrganizationBody>>> {
    let made = state.app.organizations.create(&caller, &new).await?;
    Ok(Written::new(made.revision, Created(made.value.into())))
}

/// One organization.
#[utoipa::path(get, path = "/v1/orgs/{organization_id}")]
async fn get_organization(
    caller: Permit<perm::OrgRead>,
    state: State,
    PathId(id): PathId<OrganizationId>,
) -> Answer<Json<OrganizationBody>> {
    let found = state.app.organizations.get(&caller, id).await?;
    Ok(Json(found.into()))
}

/// Changes an organization; what is absent or null stays as it is.
#[utoipa::path(patch, path = "/v1/orgs/{organization_id}")]
async fn update_organization(
    caller: Permit<perm::OrgUpdate>,
    state: State,
    PathId(id): PathId<OrganizationId>,
    JsonBody(changes): JsonBody<OrganizationPatch>,
) -> Answer<Written<Json<OrganizationBody>>> {
    let update = state.app.organizations.update(&caller, id, &changes);
    let after = update.await?;
    Ok(Written::new(after.revision, Json(after.value.into())))
}

/// Suspends an organization. Nothing is removed.
#[utoipa::path(delete, path = "/v1/orgs/{organization_id}")]
async fn delete_organization(
    caller: Permit<perm::OrgDelete>,
    state: State,
    PathId(id): PathId<OrganizationId>,
) -> Answer<Written<Json<OrganizationBody>>> {
    let closed = state.app.organizations.deactivate(&caller, id).await?;
    Ok(Written::new(closed.revision, Json(closed.value.into())))
}

/// Makes an admin of an organization, who becomes its owner when it has none.
#[utoipa::path(post, path = "/v1/orgs/{organization_id}/admins")]
async fn invite_admin(
    caller: Permit<(perm::UserInvite, perm::RoleAssign)>,
    state: State,
    PathId(id): PathId<OrganizationId>,
    JsonBody(account): JsonBody<AdminUser>,
) -> Answer<Written<Created<AdminBody>>> {
    let invite = state.app.users.invite_admin(&caller, id, &account);
    let made = invite.await?;
    Ok(Written::new(made.revision, Created(made.value.into())))
}
