//! Users and their contacts.

mod queries;
mod repo;

use auth_domain::error::PortError;
use auth_domain::text::{
    DateOfBirth, Nationality, PersonName, PhoneNumber, Place, PostalAddress, Street, Username,
    ZipCode,
};
use auth_domain::users::{
    Contact, EmailAddress, Gender, PersonalData, User, UserStatus, UserWithRoles,
};
use sea_orm::QueryResult;

use crate::entities::{user, user_contact};
use crate::rbac::ids;
use crate::sql::{column, id, id_column, word};

fn user_to_domain(row: user::Model, contact: user_contact::Model) -> Result<User, PortError> {
    Ok(User {
        id: id(row.user_id)?,
        organization_id: id(row.organization_id)?,
        username: Username::from_stored(row.username),
        person: PersonalData {
            first_name: PersonName::from_stored(row.first_name),
            middle_name: row.middle_name.map(PersonName::from_stored),
            last_name: row.last_name.map(PersonName::from_stored),
            date_of_birth: row.date_of_birth.map(DateOfBirth::from_stored),
            gender: gender(row.gender.as_deref())?,
            nationality: row.nationality.map(Nationality::from_stored),
        },
        status: word(UserStatus::parse, &row.status, "users.status")?,
        email: EmailAddress::from_stored(contact.email),
        email_verified_at: contact.email_verified_at,
        last_login: row.last_login,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// A row of the queries of users with their roles.
fn user_with_roles(row: &QueryResult) -> Result<UserWithRoles, PortError> {
    let text = |name: &str| column::<Option<String>>(row, name);
    let status: String = column(row, "status")?;
    let user = User {
        id: id_column(row, "user_id")?,
        organization_id: id_column(row, "organization_id")?,
        username: Username::from_stored(column(row, "username")?),
        person: PersonalData {
            first_name: PersonName::from_stored(column(row, "first_name")?),
            middle_name: text("middle_name")?.map(PersonName::from_stored),
            last_name: text("last_name")?.map(PersonName::from_stored),
            date_of_birth: text("date_of_birth")?.map(DateOfBirth::from_stored),
            gender: gender(text("gender")?.as_deref())?,
            nationality: text("nationality")?.map(Nationality::from_stored),
        },
        status: word(UserStatus::parse, &status, "users.status")?,
        last_login: column(row, "last_login")?,
        created_at: column(row, "created_at")?,
        updated_at: column(row, "updated_at")?,
        email: EmailAddress::from_stored(column(row, "email")?),
        email_verified_at: column(row, "email_verified_at")?,
    };
    let roles = text("role_ids")?.unwrap_or_default();
    Ok(UserWithRoles {
        user,
        role_ids: ids(&roles).collect::<Result<_, _>>()?,
    })
}

fn gender(text: Option<&str>) -> Result<Option<Gender>, PortError> {
    text.map(|text| word(Gender::parse, text, "users.gender"))
        .transpose()
}

fn contact_to_domain(row: user_contact::Model) -> Contact {
    Contact {
        email: EmailAddress::from_stored(row.email),
        phone_number: row.phone_number.map(PhoneNumber::from_stored),
        emergency_number: row.emergency_number.map(PhoneNumber::from_stored),
        address: row.address.map(PostalAddress::from_stored),
        street_address: row.street_address.map(Street::from_stored),
        city: row.city.map(Place::from_stored),
        state: row.state.map(Place::from_stored),
        zip_code: row.zip_code.map(ZipCode::from_stored),
        country: row.country.map(Place::from_stored),
    }
}
