//! Users: the people of an organization, and how to reach them.

mod email;
mod ports;

pub use email::{EmailAddress, EmailDomain};
#[cfg(feature = "mocks")]
pub use ports::{MockUserQueries, MockUserRepo};
pub use ports::{UserQueries, UserRepo};

use crate::clock::Timestamp;
use crate::identity::PasswordHash;
use crate::ids::{OrganizationId, UserId};
use crate::text::{
    DateOfBirth, Nationality, PersonName, PhoneNumber, Place, PostalAddress, Street, Username,
    ZipCode,
};
use crate::wire_enum;

wire_enum! {
    /// Gender, as far as a user states it.
    Gender {
        /// Male.
        Male = "male",
        /// Female.
        Female = "female",
        /// Anything else.
        Other = "other",
    }
}

wire_enum! {
    /// Whether a user may act.
    UserStatus {
        /// May sign in and act.
        Active = "active",
        /// Deactivated: refused by the gate at once, everywhere.
        Inactive = "inactive",
    }
}

/// What a person is called and born as. Nothing here decides anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalData {
    /// Given name.
    pub first_name: PersonName,
    /// Middle name.
    pub middle_name: Option<PersonName>,
    /// Family name.
    pub last_name: Option<PersonName>,
    /// Date of birth, free text.
    pub date_of_birth: Option<DateOfBirth>,
    /// Gender.
    pub gender: Option<Gender>,
    /// Nationality.
    pub nationality: Option<Nationality>,
}

/// How to reach a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The e-mail address; unique by its key over the platform.
    pub email: EmailAddress,
    /// Telephone number.
    pub phone_number: Option<PhoneNumber>,
    /// Telephone number of somebody to call in an emergency.
    pub emergency_number: Option<PhoneNumber>,
    /// Postal address in one line.
    pub address: Option<PostalAddress>,
    /// Street and house number.
    pub street_address: Option<Street>,
    /// City.
    pub city: Option<Place>,
    /// State or province.
    pub state: Option<Place>,
    /// Postal code.
    pub zip_code: Option<ZipCode>,
    /// Country.
    pub country: Option<Place>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The organization that the user belongs to, for good.
    pub organization_id: OrganizationId,
    /// The name to sign in with.
    pub username: Username,
    /// Names and personal data.
    pub person: PersonalData,
    /// Whether the user may act.
    pub status: UserStatus,
    /// The e-mail address.
    pub email: EmailAddress,
    /// When the address was proved to be the user's; `None`: it was not.
    pub email_verified_at: Option<Timestamp>,
    /// When the user last signed in.
    pub last_login: Option<Timestamp>,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user last changed.
    pub updated_at: Timestamp,
}

/// A user who does not exist yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewUser {
    /// The organization to join.
    pub organization_id: OrganizationId,
    /// The name to sign in with.
    pub username: Username,
    /// The hash of the password; `None`: no password signs this user in.
    pub password_hash: Option<PasswordHash>,
    /// Names and personal data.
    pub person: PersonalData,
    /// How to reach the user.
    pub contact: Contact,
    /// When the user is made.
    pub created_at: Timestamp,
}

/// A username with `@` must be the user's own e-mail address, judged on the
/// keys, so that nobody signs in under somebody else's address.
pub fn username_fits_email(username: &Username, email: &EmailAddress) -> bool {
    let key = username.key();
    !key.as_str().contains('@') || key == email.key()
}
