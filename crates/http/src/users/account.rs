//! An account to make, as requests describe it.

use auth_application::users::NewAccount;
use auth_domain::identity::Password;
use auth_domain::text::{
    DateOfBirth, Nationality, PersonName, PhoneNumber, Place, PostalAddress, Street, Username,
    ZipCode,
};
use auth_domain::users::{Contact, EmailAddress, Gender, PersonalData};
use auth_http_kit::input::{BlankIsNone, ObjectReader, Text, Word};
use auth_http_kit::wire_object;

wire_object! {
    /// A user to make.
    #[example({
        "first_name": "Ana",
        "last_name": "Lima",
        "username": "ana",
        "password": "correct horse battery",
        "contact_information": {"email": "ana@example.com"}
    })]
    pub(crate) struct AdminUser => NewAccount, checked by account {
        /// With `@` it must be the e-mail address of `contact_information`.
        username: required Text<Username>,
        password: required Text<Password>,
        person: flatten Person,
        contact_information: required ContactInformation,
    }
}

fn account(body: AdminUser, object: &mut ObjectReader<'_>) -> Option<NewAccount> {
    let made = NewAccount::new(
        body.username,
        body.password,
        body.person,
        body.contact_information,
    );
    match made {
        Ok(account) => Some(account),
        Err(error) => object.refuse("username", error.kind(), error.to_string()),
    }
}

wire_object! {
    /// What a person is called and born as.
    struct Person => PersonalData, by personal_data {
        first_name: required Text<PersonName>,
        middle_name: optional BlankIsNone<PersonName>,
        last_name: optional BlankIsNone<PersonName>,
        /// As the client writes it.
        date_of_birth: optional Text<DateOfBirth>,
        gender: optional Word<Gender>,
        nationality: optional Text<Nationality>,
    }
}

fn personal_data(body: Person) -> PersonalData {
    PersonalData {
        first_name: body.first_name,
        middle_name: body.middle_name.flatten(),
        last_name: body.last_name.flatten(),
        date_of_birth: body.date_of_birth,
        gender: body.gender,
        nationality: body.nationality,
    }
}

wire_object! {
    /// How to reach a user.
    #[example({"email": "ana@example.com", "city": "Lisboa"})]
    pub(crate) struct ContactInformation => Contact, by contact {
        email: required Text<EmailAddress>,
        phone_number: optional Text<PhoneNumber>,
        emergency_number: optional Text<PhoneNumber>,
        address: optional Text<PostalAddress>,
        street_address: optional Text<Street>,
        city: optional Text<Place>,
        state: optional Text<Place>,
        zip_code: optional Text<ZipCode>,
        country: optional Text<Place>,
    }
}

fn contact(body: ContactInformation) -> Contact {
    Contact {
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
