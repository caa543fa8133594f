use auth_application::users::NewAccount;
use auth_domain::identity::Password;
use auth_domain::text::{
    DateOfBirth, Nationality, PersonName, PhoneNumber, Place, PostalAddress, Street, Username,
    ZipCode,
};
use auth_domain::users::{Contact, Gender, PersonalData};
use utoipa::ToSchema;

use crate::input::{Fields, FromFields, blank_is_none, email, text, word};

/// An account to make, as a request describes it.
pub(crate) struct AccountInput(pub(crate) NewAccount);

impl FromFields for AccountInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let username = fields.required("username", text(Username::parse));
        let password = fields.required("password", text(Password::parse));
        let person = fields.flattened::<PersonInput>();
        let contact = fields.object::<ContactInput>("contact_information");
        match NewAccount::new(username?, password?, person?.0, contact?.0) {
            Ok(account) => Some(Self(account)),
            Err(error) => fields.refuse("username", error.kind(), error.to_string()),
        }
    }
}

struct PersonInput(PersonalData);

impl FromFields for PersonInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let first_name = fields.required("first_name", text(PersonName::parse));
        let middle_name = fields.optional("middle_name", blank_is_none(PersonName::parse));
        let last_name = fields.optional("last_name", blank_is_none(PersonName::parse));
        let date_of_birth = fields.optional("date_of_birth", text(DateOfBirth::parse));
        let gender = fields.optional("gender", word(Gender::ALL, Gender::as_str));
        let nationality = fields.optional("nationality", text(Nationality::parse));
        Some(Self(PersonalData {
            first_name: first_name?,
            middle_name: middle_name?.flatten(),
            last_name: last_name?.flatten(),
            date_of_birth: date_of_birth?,
            gender: gender?,
            nationality: nationality?,
        }))
    }
}

struct ContactInput(Contact);

impl FromFields for ContactInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", email);
        let phone_number = fields.optional("phone_number", text(PhoneNumber::parse));
        let emergency_number = fields.optional("emergency_number", text(PhoneNumber::parse));
        let address = fields.optional("address", text(PostalAddress::parse));
        let street_address = fields.optional("street_address", text(Street::parse));
        let city = fields.optional("city", text(Place::parse));
        let state = fields.optional("state", text(Place::parse));
        let zip_code = fields.optional("zip_code", text(ZipCode::parse));
        let country = fields.optional("country", text(Place::parse));
        Some(Self(Contact {
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

/// A user to make.
#[derive(ToSchema)]
#[schema(example = json!({
    "first_name": "Ana",
    "last_name": "Lima",
    "username": "ana",
    "password": "correct horse battery",
    "contact_information": {"email": "ana@example.com"}
}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(crate) struct AdminUser {
    #[schema(min_length = 1, max_length = 128)]
    first_name: String,
    #[schema(max_length = 128)]
    middle_name: Option<String>,
    #[schema(max_length = 128)]
    last_name: Option<String>,
    /// With `@` it must be the e-mail address of `contact_information`.
    #[schema(min_length = 3, max_length = 128)]
    username: String,
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    /// As the client writes it.
    #[schema(max_length = 32)]
    date_of_birth: Option<String>,
    /// `male`, `female` or `other`
    gender: Option<String>,
    #[schema(max_length = 128)]
    nationality: Option<String>,
    contact_information: ContactInformation,
}

/// How to reach a user.
#[derive(ToSchema)]
#[schema(example = json!({"email": "ana@example.com", "city": "Lisboa"}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(crate) struct ContactInformation {
    #[schema(format = "email", max_length = 255)]
    email: String,
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
