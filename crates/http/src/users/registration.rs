use actix_web::http::StatusCode;
use auth_application::users::{NewAccount, Registered};
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::text::PersonName;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AccountInput, AdminUser};
use crate::access::Public;
use crate::answer::{Answer, json};
use crate::input::{Fields, FromFields, JsonBody, State, id};
use crate::routing::{Route, route};

const ERRORS: &[&str] = &[
    "busy",
    "email_already_exists",
    "organization_not_found",
    "role_not_allowed",
    "store_unavailable",
    "username_already_exists",
];

pub(crate) fn routes() -> Vec<Route> {
    vec![route::<__path_register, _, _>(register).fails(ERRORS)]
}

/// Joins an organization that is open to sign-up, with the role `member`.
///
/// A closed, a suspended and an unknown organization answer the same.
#[utoipa::path(post, path = "/auth/register", tag = "auth (legacy)", request_body = Registration,
    responses((status = 201, body = RegisteredBody)))]
async fn register(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<RegistrationInput>,
) -> Answer {
    let (organization, role) = (body.organization, body.role);
    let registration = &state.registration;
    let registered = registration.register(caller.origin(), organization, role, &body.account);
    json(
        StatusCode::CREATED,
        &RegisteredBody::from(&registered.await?),
    )
}

struct RegistrationInput {
    account: NewAccount,
    organization: OrganizationId,
    role: Option<RoleId>,
}

impl FromFields for RegistrationInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let account = fields.flattened::<AccountInput>();
        let organization = fields.required("organization_id", id);
        let role = fields.optional("role_id", id);
        Some(Self {
            account: account?.0,
            organization: organization?,
            role: role?,
        })
    }
}

/// A user who joins an organization.
#[derive(ToSchema)]
#[schema(example = json!({
    "first_name": "Ana",
    "username": "ana",
    "password": "correct horse battery",
    "organization_id": 3,
    "contact_information": {"email": "ana@example.com"}
}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
struct Registration {
    #[serde(flatten)]
    user: AdminUser,
    /// The organization to join.
    #[schema(minimum = 1)]
    organization_id: i64,
    /// Only the role `member` can be chosen.
    #[schema(minimum = 1)]
    role_id: Option<i64>,
}

/// A new member of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = LegacyUser, example = json!({
    "user_id": 7, "username": "ana", "first_name": "Ana", "last_name": null,
    "organization_id": 3, "role_id": 5, "email": "ana@example.com"
}))]
struct RegisteredBody<'a> {
    user_id: i64,
    username: &'a str,
    first_name: &'a str,
    last_name: Option<&'a str>,
    organization_id: i64,
    role_id: Option<i64>,
    email: &'a str,
}

impl<'a> From<&'a Registered> for RegisteredBody<'a> {
    fn from(registered: &'a Registered) -> Self {
        let user = &registered.user;
        Self {
            user_id: user.id.get(),
            username: user.username.as_str(),
            first_name: user.person.first_name.as_str(),
            last_name: user.person.last_name.as_ref().map(PersonName::as_str),
            organization_id: user.organization_id.get(),
            role_id: Some(registered.role_id.get()),
            email: user.email.as_str(),
        }
    }
}
