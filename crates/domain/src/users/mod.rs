//! Users: the people of an organization, and how to reach them.

mod email;
mod list;
mod ports;

pub use email::{EmailAddress, EmailDomain};
pub use list::{UserFilter, UserKey, UserOrder};
pub use ports::{EmailProof, UserQueries, UserRepo};
#[cfg(feature = "mocks")]
pub use ports::{MockUserQueries, MockUserRepo};

use crate::clock::Timestamp;
use crate::identity::PasswordHash;
use crate::ids::{OrganizationId, RoleId, UserId};
use crate::rbac::PermissionName;
use crate::rbac::rules::AdminFacts;
use crate::text::{
    DateOfBirth, Nationality, PersonName, PhoneNumber, Place, PostalAddress, Street, TextError,
    Username, ZipCode,
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
    /// Telephone number of a person to call in an emergency.
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

/// A user with the roles that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWithRoles {
    /// The user.
    pub user: User,
    /// The roles, the oldest assignment first, whether or not the user may
    /// act.
    pub role_ids: Vec<RoleId>,
}

impl UserWithRoles {
    /// The primary role: the oldest assignment.
    pub fn role_id(&self) -> Option<RoleId> {
        self.role_ids.first().copied()
    }
}

/// A user with roles and with what they grant: what rules judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWithRights {
    /// The user and the roles.
    pub user: UserWithRoles,
    /// What the roles grant, each once, sorted.
    pub permissions: Vec<PermissionName>,
    /// Whether the organization keeps an admin without the user.
    pub admins: AdminFacts,
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
    /// Whether nobody but the user made it.
    pub self_registered: bool,
    /// When the user is made.
    pub created_at: Timestamp,
}

/// A username with `@` must be the user's own e-mail address, judged on the
/// keys, so that no user signs in under another user's address.
pub fn username_fits_email(username: &Username, email: &EmailAddress) -> bool {
    !is_email_name(username) || username.key() == email.key()
}

/// The username of a user whose e-mail address changes: one with `@` changes
/// with the address. `Ok(None)`: it stays. The error: the address is longer
/// than a username may be.
pub fn username_after(
    username: &Username,
    email: &EmailAddress,
) -> Result<Option<Username>, TextError> {
    if !is_email_name(username) {
        return Ok(None);
    }
    Username::parse(email.as_str()).map(Some)
}

fn is_email_name(username: &Username) -> bool {
    username.key().as_str().contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Username {
        Username::parse(text).unwrap()
    }

    fn email(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    #[test]
    fn a_username_with_an_at_sign_is_the_own_address_and_changes_with_it() {
        let new = email("new@example.com");
        assert!(username_fits_email(&name("NEW@example.com"), &new));
        assert!(!username_fits_email(&name("old@example.com"), &new));
        let after = username_after(&name("old@example.com"), &new);
        assert_eq!(after, Ok(Some(name("new@example.com"))));
        // A fullwidth `@` is one by its key.
        let after = username_after(&name("old＠example.com"), &new);
        assert_eq!(after, Ok(Some(name("new@example.com"))));
    }

    #[test]
    fn a_username_without_an_at_sign_stays() {
        assert!(username_fits_email(&name("ana"), &email("a@example.com")));
        assert_eq!(
            username_after(&name("ana"), &email("a@example.com")),
            Ok(None)
        );
    }

    #[test]
    fn an_address_that_is_longer_than_a_username_cannot_become_one() {
        let labels = ["d".repeat(60), "e".repeat(60), "example.com".to_owned()];
        let long = email(&format!("ana@{}", labels.join(".")));
        let refused = username_after(&name("old@example.com"), &long);
        assert_eq!(refused, Err(TextError::TooLong { max: Username::MAX }));
    }
}
