//! What a caller may ask to change of a user.

use auth_domain::change::Change;
use auth_domain::facts::Facts;
use auth_domain::ids::RoleId;
use auth_domain::text::{
    DateOfBirth, Nationality, PersonName, PhoneNumber, Place, PostalAddress, Street, ZipCode,
};
use auth_domain::users::{
    Contact, EmailAddress, Gender, PersonalData, User, UserStatus, UserWithRoles,
};

/// Changes of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChanges {
    /// Given name; `None`: it stays.
    pub first_name: Option<PersonName>,
    /// Middle name.
    pub middle_name: Change<PersonName>,
    /// Family name.
    pub last_name: Change<PersonName>,
    /// Date of birth.
    pub date_of_birth: Change<DateOfBirth>,
    /// Gender.
    pub gender: Change<Gender>,
    /// Nationality.
    pub nationality: Change<Nationality>,
    /// Whether the user may act; `None`: it stays.
    pub status: Option<UserStatus>,
    /// The one role that takes the place of all; cleared: none does.
    pub role: Change<RoleId>,
}

impl UserChanges {
    /// The names of the fields that the caller named, sorted.
    pub(super) fn fields(&self) -> Vec<String> {
        named([
            ("date_of_birth", self.date_of_birth.is_named()),
            ("first_name", self.first_name.is_some()),
            ("gender", self.gender.is_named()),
            ("last_name", self.last_name.is_named()),
            ("middle_name", self.middle_name.is_named()),
            ("nationality", self.nationality.is_named()),
            ("role_id", self.role.is_named()),
            ("status", self.status.is_some()),
        ])
    }

    /// The user with the changes.
    pub(super) fn applied_to(&self, before: &UserWithRoles) -> UserWithRoles {
        let mut after = before.clone();
        self.apply_to_person(&mut after.user.person);
        if let Some(status) = self.status {
            after.user.status = status;
        }
        match self.role {
            Change::Keep => {}
            Change::Clear => after.role_ids.clear(),
            Change::Set(role) => after.role_ids = vec![role],
        }
        after
    }

    fn apply_to_person(&self, person: &mut PersonalData) {
        if let Some(name) = &self.first_name {
            person.first_name = name.clone();
        }
        self.middle_name.apply_to(&mut person.middle_name);
        self.last_name.apply_to(&mut person.last_name);
        self.date_of_birth.apply_to(&mut person.date_of_birth);
        self.gender.apply_to(&mut person.gender);
        self.nationality.apply_to(&mut person.nationality);
    }
}

/// Changes of how to reach a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactChanges {
    /// The e-mail address, which cannot be cleared.
    pub email: Change<EmailAddress>,
    /// Telephone number.
    pub phone_number: Change<PhoneNumber>,
    /// Telephone number of a person to call in an emergency.
    pub emergency_number: Change<PhoneNumber>,
    /// Postal address in one line.
    pub address: Change<PostalAddress>,
    /// Street and house number.
    pub street_address: Change<Street>,
    /// City.
    pub city: Change<Place>,
    /// State or province.
    pub state: Change<Place>,
    /// Postal code.
    pub zip_code: Change<ZipCode>,
    /// Country.
    pub country: Change<Place>,
}

impl ContactChanges {
    /// The names of the fields that the caller named, sorted.
    pub(super) fn fields(&self) -> Vec<String> {
        named([
            ("address", self.address.is_named()),
            ("city", self.city.is_named()),
            ("country", self.country.is_named()),
            ("email", self.email.is_named()),
            ("emergency_number", self.emergency_number.is_named()),
            ("phone_number", self.phone_number.is_named()),
            ("state", self.state.is_named()),
            ("street_address", self.street_address.is_named()),
            ("zip_code", self.zip_code.is_named()),
        ])
    }

    /// The contact with the changes; `None`: they would leave it without an
    /// e-mail address.
    pub(super) fn applied_to(&self, before: &Contact) -> Option<Contact> {
        let mut after = before.clone();
        match &self.email {
            Change::Keep => {}
            Change::Clear => return None,
            Change::Set(email) => after.email = email.clone(),
        }
        self.phone_number.apply_to(&mut after.phone_number);
        self.emergency_number.apply_to(&mut after.emergency_number);
        self.address.apply_to(&mut after.address);
        self.street_address.apply_to(&mut after.street_address);
        self.city.apply_to(&mut after.city);
        self.state.apply_to(&mut after.state);
        self.zip_code.apply_to(&mut after.zip_code);
        self.country.apply_to(&mut after.country);
        Some(after)
    }
}

fn named<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<String> {
    let named = fields.into_iter().filter(|(_, is_named)| *is_named);
    named.map(|(name, _)| name.to_owned()).collect()
}

/// The values of a user for the audit log.
pub(super) fn audited(user: &UserWithRoles) -> Facts {
    let (User { person, .. }, roles) = (&user.user, &user.role_ids);
    Facts::new()
        .with("first_name", person.first_name.clone())
        .with("middle_name", person.middle_name.clone())
        .with("last_name", person.last_name.clone())
        .with("date_of_birth", person.date_of_birth.clone())
        .with("gender", person.gender)
        .with("nationality", person.nationality.clone())
        .with("status", user.user.status)
        .with("role_ids", roles.clone())
}

/// The values of a contact, and the username that goes with it, for the audit
/// log.
pub(super) fn audited_contact(user: &User, contact: &Contact) -> Facts {
    Facts::new()
        .with("username", user.username.clone())
        .with("email", contact.email.clone())
        .with("phone_number", contact.phone_number.clone())
        .with("emergency_number", contact.emergency_number.clone())
        .with("address", contact.address.clone())
        .with("street_address", contact.street_address.clone())
        .with("city", contact.city.clone())
        .with("state", contact.state.clone())
        .with("zip_code", contact.zip_code.clone())
        .with("country", contact.country.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_change_are_those_that_were_named_sorted() {
        let changes = UserChanges {
            status: Some(UserStatus::Active),
            role: Change::Clear,
            last_name: Change::Set(PersonName::parse("Lima").unwrap()),
            ..UserChanges::default()
        };
        assert_eq!(changes.fields(), ["last_name", "role_id", "status"]);
        assert!(UserChanges::default().fields().is_empty());
        let changes = ContactChanges {
            zip_code: Change::Clear,
            city: Change::Clear,
            ..ContactChanges::default()
        };
        assert_eq!(changes.fields(), ["city", "zip_code"]);
    }
}
