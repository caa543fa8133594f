use auth_domain::identity::{Password, own_names};
use auth_domain::text::{TextError, Username};
use auth_domain::users::{Contact, PersonalData, username_fits_email};

/// An account to make, of which the parts fit together.
#[derive(Debug, Clone)]
pub struct NewAccount {
    username: Username,
    password: Password,
    person: PersonalData,
    contact: Contact,
}

impl NewAccount {
    /// Puts an account together. A username with `@` that is not the account's
    /// own e-mail address is refused: an error of the field `username`.
    pub fn new(
        username: Username,
        password: Password,
        person: PersonalData,
        contact: Contact,
    ) -> Result<Self, TextError> {
        if !username_fits_email(&username, &contact.email) {
            return Err(TextError::Malformed(
                "a username with @ must be the user's own e-mail address",
            ));
        }
        Ok(Self {
            username,
            password,
            person,
            contact,
        })
    }

    /// The name to sign in with.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// The password to hash.
    pub fn password(&self) -> &Password {
        &self.password
    }

    /// The names that the password must not be.
    pub fn names(&self) -> Vec<&str> {
        let person = &self.person;
        own_names(
            &self.username,
            &person.first_name,
            person.last_name.as_ref(),
            &self.contact.email,
        )
    }

    /// Names and personal data.
    pub fn person(&self) -> &PersonalData {
        &self.person
    }

    /// How to reach the user.
    pub fn contact(&self) -> &Contact {
        &self.contact
    }
}
