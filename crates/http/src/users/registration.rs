//! Joining an organization.

use auth_application::identity::PasswordRefused;
use auth_application::users::AccountTaken;
use auth_application::users::Registered;
use auth_application::users::RegistrationError;
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::text::PersonName;
use auth_http_kit::access::Public;
use auth_http_kit::answer::{Answer, Created};
use auth_http_kit::input::{Id, JsonBody, State};
use auth_http_kit::problem::EdgeCode;
use auth_http_kit::routing::Route;
use auth_http_kit::{routes, wire_object};
use serde::Serialize;
use utoipa::ToSchema;

use super::AdminUser;

pub(crate) fn routes() -> Vec<Route> {
    routes!["auth (legacy)";
        register.fails(&[
            &EdgeCode::RateLimited,
            &AccountTaken::Email,
            &RegistrationError::Closed,
            &PasswordRefused::TooCommon,
            &RegistrationError::RoleNotAllowed,
            &AccountTaken::Username,
        ]),
    ]
}

/// Joins an organization that is open to sign-up, with the role `member`.
///
/// A closed, a suspended and an unknown organization answer the same.
#[utoipa::path(post, path = "/auth/register")]
async fn register(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<Registration>,
) -> Answer<Created<RegisteredBody>> {
    let (organization, role) = (body.organization_id, body.role_id);
    let registration = &state.app.registration;
    let registered = registration.register(caller.origin(), organization, role, &body.account);
    Ok(Created(RegisteredBody::from(&registered.await?)))
}

wire_object! {
    /// A user who joins an organization.
    #[example({
        "first_name": "Ana",
        "username": "ana",
        "password": "correct horse battery",
        "organization_id": 3,
        "contact_information": {"email": "ana@example.com"}
    })]
    struct Registration {
        account: flatten AdminUser,
        /// The organization to join.
        organization_id: required Id<OrganizationId>,
        /// Only the role `member` can be chosen.
        role_id: optional Id<RoleId>,
    }
}

/// A new member of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = LegacyUser, example = json!({
    "user_id": 7, "username": "ana", "first_name": "Ana", "last_name": null,
    "organization_id": 3, "role_id": 5, "email": "ana@example.com"
}))]
struct RegisteredBody {
    user_id: i64,
    username: String,
    first_name: String,
    last_name: Option<String>,
    organization_id: i64,
    role_id: Option<i64>,
    email: String,
}

impl From<&Registered> for RegisteredBody {
    fn from(registered: &Registered) -> Self {
        let user = &registered.user;
        let last_name = user.person.last_name.as_ref().map(PersonName::as_str);
        Self {
            user_id: user.id.get(),
            username: user.username.as_str().to_owned(),
            first_name: user.person.first_name.as_str().to_owned(),
            last_name: last_name.map(str::to_owned),
            organization_id: user.organization_id.get(),
            role_id: Some(registered.role_id.get()),
            email: user.email.as_str().to_owned(),
        }
    }
}
