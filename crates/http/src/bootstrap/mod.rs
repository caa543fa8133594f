//! The first users: of the platform, and of each tenant.

use actix_web::http::StatusCode;
use auth_application::bootstrap::{BootstrapRequest, Bootstrapped};
use auth_domain::organizations::LicenseStatus;
use auth_domain::text::OrganizationName;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Bootstrap;
use crate::answer::{Answer, written};
use crate::input::{Fields, FromFields, JsonBody, State, text, word};
use crate::routing::{Route, route};
use crate::users::{AccountInput, AdminUser};

const ERRORS: &[&str] = &[
    "busy",
    "email_already_exists",
    "organization_exists",
    "store_unavailable",
    "username_already_exists",
];

pub(crate) fn routes() -> Vec<Route> {
    vec![route::<__path_bootstrap_organization, _, _>(bootstrap_organization).fails(ERRORS)]
}

/// Makes a tenant with its first admin.
///
/// On a platform that is as the migrations left it, makes the first superuser
/// in RootOrg instead, and ignores the name.
#[utoipa::path(post, path = "/v1/bootstrap/organization", tag = "bootstrap",
    request_body = BootstrapOrganization, responses((status = 201, body = BootstrappedBody)))]
async fn bootstrap_organization(
    caller: Bootstrap,
    state: State,
    JsonBody(BootstrapInput(request)): JsonBody<BootstrapInput>,
) -> Answer {
    let made = state.bootstrap.bootstrap(caller.actor(), &request).await?;
    let body = BootstrappedBody::from(&made);
    written(StatusCode::CREATED, made.revision, &body)
}

struct BootstrapInput(BootstrapRequest);

impl FromFields for BootstrapInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.required("organization_name", text(OrganizationName::parse));
        let license = word(LicenseStatus::ALL, LicenseStatus::as_str);
        let license = fields.optional("license_status", license);
        let admin = fields.object::<AccountInput>("admin_user");
        Some(Self(BootstrapRequest {
            name: name?,
            license_status: license?.unwrap_or(LicenseStatus::Active),
            admin: admin?.0,
        }))
    }
}

/// A tenant to make with its first admin.
#[derive(ToSchema)]
#[schema(example = json!({
    "organization_name": "Acme",
    "admin_user": {
        "first_name": "Ana",
        "username": "ana",
        "password": "correct horse battery",
        "contact_information": {"email": "ana@example.com"}
    }
}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
struct BootstrapOrganization {
    #[schema(min_length = 1, max_length = 100)]
    organization_name: String,
    /// `active` (the default), `suspended` or `expired`
    license_status: Option<String>,
    admin_user: AdminUser,
}

/// The organization of a first user.
#[derive(Serialize, ToSchema)]
#[schema(as = Bootstrapped, example = json!({
    "organization_id": 3, "organization_name": "Acme", "admin_user_id": 7, "admin_role_id": 5
}))]
struct BootstrappedBody<'a> {
    organization_id: i64,
    organization_name: &'a str,
    admin_user_id: i64,
    admin_role_id: i64,
}

impl<'a> From<&'a Bootstrapped> for BootstrappedBody<'a> {
    fn from(made: &'a Bootstrapped) -> Self {
        Self {
            organization_id: made.organization_id.get(),
            organization_name: made.organization_name.as_str(),
            admin_user_id: made.user_id.get(),
            admin_role_id: made.role_id.get(),
        }
    }
}
