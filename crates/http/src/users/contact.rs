//! How to reach a user.

use actix_web::http::StatusCode;
use auth_application::users::ContactChanges;
use auth_domain::ids::UserId;
use auth_domain::text::{PhoneNumber, Place, PostalAddress, Street, ZipCode};
use auth_domain::users::Contact;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Permit, perm};
use crate::answer::{Answer, ok, written};
use crate::input::{Fields, FromFields, JsonBody, PathId, Query, State, email, text};
use crate::routing::{Route, route};
use crate::scope::{OfOrganization, OfOrganizationInput};

pub(super) fn routes() -> Vec<Route> {
    vec![
        route::<__path_get_contact, _, _>(get_contact)
            .fails(&["organization_not_found", "user_not_found"]),
        route::<__path_update_contact, _, _>(update_contact)
            .fails(&[
                "busy",
                "email_required",
                "organization_not_found",
                "user_not_found",
                "username_too_long",
            ])
            .fails_with((StatusCode::BAD_REQUEST, "email_already_exists")),
    ]
}

/// How to reach a user of one's organization; for the platform also of another
/// one.
#[utoipa::path(get, path = "/v1/users/{user_id}/contact", tag = "users",
    params(("user_id" = i64, Path, minimum = 1, example = 7), OfOrganization),
    responses((status = 200, body = ContactBody)))]
async fn get_contact(
    caller: Permit<perm::UserRead>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
) -> Answer {
    let found = state.users.contact(caller.principal(), organization, user);
    ok(&ContactBody::from(found.await?))
}

/// Changes how to reach a user; what is absent stays as it is, null clears.
///
/// Another e-mail address is not verified, ends open reset and verification
/// tokens, and changes a username that is the address; the old address is
/// told. Nobody changes that of somebody who holds a permission that they lack.
#[utoipa::path(patch, path = "/v1/users/{user_id}/contact", tag = "users",
    params(("user_id" = i64, Path, minimum = 1, example = 7), OfOrganization),
    request_body = ContactPatch, responses((status = 200, body = ContactBody)))]
async fn update_contact(
    caller: Permit<perm::UserUpdate>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
    JsonBody(ContactChangesInput(changes)): JsonBody<ContactChangesInput>,
) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    let update = state
        .users
        .update_contact(actor, principal, organization, user, &changes);
    let after = update.await?;
    written(
        StatusCode::OK,
        after.revision,
        &ContactBody::from(after.value),
    )
}

struct ContactChangesInput(ContactChanges);

impl FromFields for ContactChangesInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.change("email", email);
        let phone_number = fields.change("phone_number", text(PhoneNumber::parse));
        let emergency_number = fields.change("emergency_number", text(PhoneNumber::parse));
        let address = fields.change("address", text(PostalAddress::parse));
        let street_address = fields.change("street_address", text(Street::parse));
        let city = fields.change("city", text(Place::parse));
        let state = fields.change("state", text(Place::parse));
        let zip_code = fields.change("zip_code", text(ZipCode::parse));
        let country = fields.change("country", text(Place::parse));
        Some(Self(ContactChanges {
            email: email?,
            phone_number: phone_number?,
            emergency_number: emergency_number?,
            address: address?,
            street_address: street_address?,
            city: city?,
            state: state?,
            zip_code: zip_code?,
            country: country?,
        }))
    }
}

/// Changes of how to reach a user: what is absent stays as it is, null clears.
#[derive(ToSchema)]
#[schema(example = json!({"email": "ana@example.com", "city": "Lisboa", "state": null}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
struct ContactPatch {
    /// Null is refused with 400: every user has one.
    #[schema(format = "email", max_length = 255, nullable = false)]
    email: Option<String>,
    #[schema(max_length = 32)]
    phone_number: Option<String>,
    #[schema(max_length = 32)]
    emergency_number: Option<String>,
    #[schema(max_length = 1000)]
    address: Option<String>,
    #[schema(max_length = 255)]
    street_address: Option<String>,
    #[schema(max_length = 128)]
    city: Option<String>,
    #[schema(max_length = 128)]
    state: Option<String>,
    #[schema(max_length = 16)]
    zip_code: Option<String>,
    #[schema(max_length = 128)]
    country: Option<String>,
}

/// How to reach a user.
#[derive(Serialize, ToSchema)]
#[schema(as = Contact, example = json!({
    "email": "ana@example.com", "phone_number": "+351 21 000 0000", "emergency_number": null,
    "address": null, "street_address": null, "city": "Lisboa", "state": null,
    "zip_code": "1000-001", "country": "PT"
}))]
struct ContactBody {
    email: String,
    phone_number: Option<String>,
    emergency_number: Option<String>,
    address: Option<String>,
    street_address: Option<String>,
    city: Option<String>,
    state: Option<String>,
    zip_code: Option<String>,
    country: Option<String>,
}

impl From<Contact> for ContactBody {
    fn from(contact: Contact) -> Self {
        Self {
            email: contact.email.as_str().to_owned(),
            phone_number: contact.phone_number.map(Into::into),
            emergency_number: contact.emergency_number.map(Into::into),
            address: contact.address.map(Into::into),
            street_address: contact.street_address.map(Into::into),
            city: contact.city.map(Into::into),
            state: contact.state.map(Into::into),
            zip_code: contact.zip_code.map(Into::into),
            country: contact.country.map(Into::into),
        }
    }
}
