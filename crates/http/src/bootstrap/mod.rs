//! The first users: of the platform, and of each tenant.

use auth_application::bootstrap::{BootstrapRequest, Bootstrapped};
use auth_application::identity::PasswordRefused;
use auth_application::organizations::OrganizationError;
use auth_application::users::AccountTaken;
use auth_domain::organizations::LicenseStatus;
use auth_domain::text::OrganizationName;
use auth_http_kit::access::Bootstrap;
use auth_http_kit::answer::{Answer, Created, Written};
use auth_http_kit::input::{JsonBody, State, Text, Word};
use auth_http_kit::routing::Route;
use auth_http_kit::{routes, wire_object};
use serde::Serialize;
use utoipa::ToSchema;

use crate::users::AdminUser;

pub(crate) fn routes() -> Vec<Route> {
    routes!["bootstrap";
        bootstrap_organization.fails(&[
            &AccountTaken::Email,
            &OrganizationError::NameTaken,
            &PasswordRefused::TooCommon,
            &AccountTaken::Username,
        ]),
    ]
}

/// Makes a tenant with its first admin.
///
/// On a platform that is as the migrations left it, makes the first superuser
/// in RootOrg instead, and ignores the name.
#[utoipa::path(post, path = "/v1/bootstrap/organization")]
async fn bootstrap_organization(
    caller: Bootstrap,
    state: State,
    JsonBody(request): JsonBody<BootstrapOrganization>,
) -> Answer<Written<Created<BootstrappedBody>>> {
    let made = state.app.bootstrap.bootstrap(&caller, &request).await?;
    let body = BootstrappedBody::from(&made);
    Ok(Written::new(made.revision, Created(body)))
}

wire_object! {
    /// A tenant to make with its first admin.
    #[example({
        "organization_name": "Acme",
        "admin_user": {
            "first_name": "Ana",
            "username": "ana",
            "password": "correct horse battery",
            "contact_information": {"email": "ana@example.com"}
        }
    })]
    struct BootstrapOrganization => BootstrapRequest, by bootstrap_request {
        organization_name: required Text<OrganizationName>,
        /// `active` by default.
        license_status: optional Word<LicenseStatus>,
        admin_user: required AdminUser,
    }
}

fn bootstrap_request(body: BootstrapOrganization) -> BootstrapRequest {
    BootstrapRequest {
        name: body.organization_name,
        license_status: body.license_status.unwrap_or(LicenseStatus::Active),
        admin: body.admin_user,
    }
}

/// The organization of a first user.
#[derive(Serialize, ToSchema)]
#[schema(as = Bootstrapped, example = json!({
    "organization_id": 3, "organization_name": "Acme", "admin_user_id": 7, "admin_role_id": 5
}))]
struct BootstrappedBody {
    organization_id: i64,
    organization_name: String,
    admin_user_id: i64,
    admin_role_id: i64,
}

impl From<&Bootstrapped> for BootstrappedBody {
    fn from(made: &Bootstrapped) -> Self {
        Self {
            organization_id: made.organization_id.get(),
            organization_name: made.organization_name.as_str().to_owned(),
            admin_user_id: made.user_id.get(),
            admin_role_id: made.role_id.get(),
        }
    }
}
