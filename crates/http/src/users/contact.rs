//! How to reach a user.

use auth_application::access::AccessError;
use auth_application::users::{ContactChanges, UserError};
use auth_domain::ids::UserId;
use auth_domain::text::{PhoneNumber, Place, PostalAddress, Street, ZipCode};
use auth_domain::users::{Contact, EmailAddress};
use auth_http_kit::access::{Permit, perm};
use auth_http_kit::answer::{Answer, Json, Written};
use auth_http_kit::input::{JsonBody, PathId, Query, State, Text};
use auth_http_kit::problem::EdgeCode;
use auth_http_kit::routing::Route;
use auth_http_kit::{routes, wire_object};
use serde::Serialize;
use utoipa::ToSchema;

use crate::scope::OfOrganization;

pub(super) fn routes() -> Vec<Route> {
    routes!["users";
        get_contact.fails(&[&AccessError::OrganizationNotFound, &UserError::NotFound]),
        update_contact.fails(&[
            &UserError::EmailRequired,
            &UserError::NewEmailTaken,
            &UserError::NotFound,
            &AccessError::OrganizationNotFound,
            &EdgeCode::RateLimited,
            &UserError::UsernameTooLong,
        ]),
    ]
}

/// How to reach a user of one's organization; for the platform also of another
/// one.
#[utoipa::path(get, path = "/v1/users/{user_id}/contact")]
async fn get_contact(
    caller: Permit<perm::UserRead>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(organization): Query<OfOrganization>,
) -> Answer<Json<ContactBody>> {
    let found = state.app.users.contact(&caller, organization, user);
    Ok(Json(found.await?.into()))
}

/// Changes how to reach a user; what is absent stays as it is, null clears.
///
/// Another e-mail address is not verified, ends open reset and verification
/// tokens, and changes a username that is the address; the old address is
/// told. Nobody changes that of somebody who holds a permission that they lack.
#[utoipa::path(patch, path = "/v1/users/{user_id}/contact")]
async fn update_contact(
    caller: Permit<perm::UserUpdate>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(organization): Query<OfOrganization>,
    JsonBody(changes): JsonBody<ContactPatch>,
) -> Answer<Written<Json<ContactBody>>> {
    let update = state
        .app
        .users
        .update_contact(&caller, organization, user, &changes);
    let after = update.await?;
    Ok(Written::new(after.revision, Json(after.value.into())))
}

wire_object! {
    /// Changes of how to reach a user: what is absent stays as it is, null clears.
    #[example({"email": "ana@example.com", "city": "Lisboa", "state": null})]
    struct ContactPatch => ContactChanges, by contact_changes {
        /// Null is refused with 400: every user has one.
        email: never_null Text<EmailAddress>,
        phone_number: change Text<PhoneNumber>,
        emergency_number: change Text<PhoneNumber>,
        address: change Text<PostalAddress>,
        street_address: change Text<Street>,
        city: change Text<Place>,
        state: change Text<Place>,
        zip_code: change Text<ZipCode>,
        country: change Text<Place>,
    }
}

fn contact_changes(body: ContactPatch) -> ContactChanges {
    ContactChanges {
        email: body.email,
        phone_number: body.phone_number,
        emergency_number: body.emergency_number,
        address: body.address,
        street_address: body.street_address,
        city: body.city,
        state: body.state,
        zip_code: body.zip_code,
        country: body.country,
    }
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
