//! Writes of users.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::PasswordHash;
use auth_domain::ids::UserId;
use auth_domain::text::NameKey;
use auth_domain::users::{Contact, Gender, NewUser, User, UserRepo, UserStatus};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait as _,
};

use super::user_to_domain;
use crate::entities::{user, user_contact};
use crate::errors::{port_error, refers_to};
use crate::sql::Sql;

#[async_trait]
impl UserRepo for Sql<DatabaseTransaction> {
    async fn insert(&mut self, new: &NewUser) -> Result<User, PortError> {
        let user = user::Entity::insert(user_row(new))
            .exec_with_returning(self.conn())
            .await
            .map_err(port_error)
            .map_err(refers_to(Constraint::Organization))?;
        let contact = user_contact::Entity::insert(contact_row(user.user_id, &new.contact))
            .exec_with_returning(self.conn())
            .await
            .map_err(port_error)?;
        user_to_domain(user, contact)
    }

    async fn set_password_hash(
        &mut self,
        id: UserId,
        hash: &PasswordHash,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let changed = self
            .execute(
                "UPDATE users SET password_hash = $2, updated_at = $3 WHERE user_id = $1",
                [id.get().into(), hash.expose().into(), at.into()],
            )
            .await?;
        if changed == 0 {
            return Err(PortError::Stale);
        }
        Ok(())
    }

    async fn upgrade_password_hash(
        &mut self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, PortError> {
        let changed = self
            .execute(
                "UPDATE users SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2",
                [id.get().into(), old.expose().into(), new.expose().into()],
            )
            .await?;
        Ok(changed > 0)
    }

    async fn verify_email(
        &mut self,
        id: UserId,
        email: &NameKey,
        at: Timestamp,
    ) -> Result<bool, PortError> {
        // The user before the contact, as every other write of both does.
        self.lock_user(id).await?;
        let changed = self
            .execute(
                "UPDATE user_contacts SET email_verified_at = $3 \
                 WHERE user_id = $1 AND email_key = $2",
                [id.get().into(), email.as_str().into(), at.into()],
            )
            .await?;
        if changed == 0 {
            return Ok(false);
        }
        self.execute(
            "UPDATE users SET updated_at = $2 WHERE user_id = $1",
            [id.get().into(), at.into()],
        )
        .await?;
        Ok(true)
    }

    async fn record_login(&mut self, id: UserId, at: Timestamp) -> Result<(), PortError> {
        self.execute(
            "UPDATE users SET last_login = $2 WHERE user_id = $1",
            [id.get().into(), at.into()],
        )
        .await?;
        Ok(())
    }
}

impl Sql<DatabaseTransaction> {
    /// Waits until no other transaction holds the user. On SQLite the
    /// transaction itself is the lock.
    pub(crate) async fn lock_user(&self, id: UserId) -> Result<(), PortError> {
        if !self.is_postgres() {
            return Ok(());
        }
        self.one(
            "SELECT user_id FROM users WHERE user_id = $1 FOR NO KEY UPDATE",
            [id.get().into()],
        )
        .await?;
        Ok(())
    }
}

fn user_row(new: &NewUser) -> user::ActiveModel {
    let person = &new.person;
    user::ActiveModel {
        user_id: NotSet,
        organization_id: Set(new.organization_id.get()),
        username: Set(new.username.as_str().to_owned()),
        username_key: Set(new.username.key().as_str().to_owned()),
        password_hash: Set(new.password_hash.as_ref().map(|h| h.expose().to_owned())),
        first_name: Set(person.first_name.as_str().to_owned()),
        middle_name: Set(person.middle_name.clone().map(Into::into)),
        last_name: Set(person.last_name.clone().map(Into::into)),
        date_of_birth: Set(person.date_of_birth.clone().map(Into::into)),
        gender: Set(person.gender.map(Gender::as_str).map(str::to_owned)),
        nationality: Set(person.nationality.clone().map(Into::into)),
        status: Set(UserStatus::Active.as_str().to_owned()),
        last_login: Set(None),
        created_at: Set(new.created_at),
        updated_at: Set(new.created_at),
    }
}

fn contact_row(user_id: i64, contact: &Contact) -> user_contact::ActiveModel {
    user_contact::ActiveModel {
        user_id: Set(user_id),
        email: Set(contact.email.as_str().to_owned()),
        email_key: Set(contact.email.key().as_str().to_owned()),
        email_verified_at: Set(None),
        phone_number: Set(contact.phone_number.clone().map(Into::into)),
        emergency_number: Set(contact.emergency_number.clone().map(Into::into)),
        address: Set(contact.address.clone().map(Into::into)),
        street_address: Set(contact.street_address.clone().map(Into::into)),
        city: Set(contact.city.clone().map(Into::into)),
        state: Set(contact.state.clone().map(Into::into)),
        zip_code: Set(contact.zip_code.clone().map(Into::into)),
        country: Set(contact.country.clone().map(Into::into)),
    }
}
