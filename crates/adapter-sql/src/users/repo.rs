//! Writes of users.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{Credentials, PasswordHash};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::text::{NameKey, Username};
use auth_domain::users::{Contact, EmailProof, Gender, NewUser, User, UserRepo, UserStatus};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait as _, Value,
};

use super::queries::credentials;
use super::user_to_domain;
use crate::entities::{user, user_contact};
use crate::errors::{port_error, refers_to};
use crate::sql::{Dialects, Sql};

/// The row of a user. The membership follows the status by a trigger.
macro_rules! update_user {
    () => {
        "UPDATE users SET first_name = $3, middle_name = $4, last_name = $5, date_of_birth = $6, \
             gender = $7, nationality = $8, updated_at = $9, status = $10 \
         WHERE organization_id = $1 AND user_id = $2"
    };
}

// PostgreSQL writes the archive in the same statement: a request waits for
// each that it sends. SQLite writes into one table at a time.
const UPDATE: Dialects = Dialects {
    postgres: concat!(
        "WITH updated AS (",
        update_user!(),
        " RETURNING organization_id, user_id, status), \
         archived AS (INSERT INTO archived_users (organization_id, user_id, archived_at) \
             SELECT organization_id, user_id, $9 FROM updated WHERE status = 'inactive' \
             ON CONFLICT (user_id) DO NOTHING), \
         brought_back AS (DELETE FROM archived_users a USING updated \
             WHERE a.user_id = updated.user_id AND updated.status = 'active') \
         SELECT user_id FROM updated"
    ),
    sqlite: concat!(update_user!(), " RETURNING user_id"),
};

const ARCHIVE: &str = "
INSERT INTO archived_users (organization_id, user_id, archived_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO NOTHING";

const UNARCHIVE: &str = "
DELETE FROM archived_users WHERE organization_id = $1 AND user_id = $2";

const RENAME: &str = "
UPDATE users SET username = $3, username_key = $4, updated_at = $5
WHERE organization_id = $1 AND user_id = $2";

const TOUCH: &str = "
UPDATE users SET updated_at = $3 WHERE organization_id = $1 AND user_id = $2";

// The first right-hand side still reads the address before the change.
const CONTACT: &str = "
UPDATE user_contacts SET
    email_verified_at = CASE WHEN email = $2 THEN email_verified_at END,
    email = $2, email_key = $3, phone_number = $4, emergency_number = $5, address = $6,
    street_address = $7, city = $8, state = $9, zip_code = $10, country = $11
WHERE user_id = $1";

const VERIFY_EMAIL: &str = "
UPDATE user_contacts SET email_verified_at = $3
WHERE user_id = $1 AND email_key = $2 AND email_verified_at IS NULL";

const HAS_EMAIL: &str = "
SELECT user_id FROM user_contacts WHERE user_id = $1 AND email_key = $2";

// Answers the columns of an account in their order, and the password hash.
const RECORD_LOGIN: &str = "
UPDATE users SET last_login = $2 WHERE user_id = $1
RETURNING user_id, organization_id,
    (SELECT o.kind FROM organizations o WHERE o.organization_id = users.organization_id),
    (SELECT o.license_status FROM organizations o
     WHERE o.organization_id = users.organization_id),
    (SELECT o.policy_revision FROM organizations o
     WHERE o.organization_id = users.organization_id),
    username, first_name, last_name,
    (SELECT c.email FROM user_contacts c WHERE c.user_id = users.user_id),
    (SELECT c.email_verified_at FROM user_contacts c WHERE c.user_id = users.user_id),
    status,
    (SELECT m.status FROM memberships m
     WHERE m.organization_id = users.organization_id AND m.user_id = users.user_id),
    password_hash,
    self_registered
        AND (SELECT c.email_verified_at FROM user_contacts c
             WHERE c.user_id = users.user_id) IS NULL
        AND (SELECT o.allowed_email_domains FROM organizations o
             WHERE o.organization_id = users.organization_id) <> '[]'";

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

    async fn update(&mut self, user: &User) -> Result<(), PortError> {
        let (organization, id) = (user.organization_id.get(), user.id.get());
        let person = &user.person;
        let values = [
            organization.into(),
            id.into(),
            person.first_name.as_str().into(),
            text(person.middle_name.as_ref()),
            text(person.last_name.as_ref()),
            text(person.date_of_birth.as_ref()),
            person.gender.map(Gender::as_str).into(),
            text(person.nationality.as_ref()),
            user.updated_at.into(),
            user.status.as_str().into(),
        ];
        let updated = self.one(self.in_dialect(&UPDATE), values).await?;
        updated.ok_or(PortError::Stale)?;
        if self.is_postgres() {
            return Ok(());
        }
        let who = [organization.into(), id.into()];
        match user.status {
            UserStatus::Active => self.execute(UNARCHIVE, who).await?,
            UserStatus::Inactive => {
                let [organization, id] = who;
                let values = [organization, id, user.updated_at.into()];
                self.execute(ARCHIVE, values).await?
            }
        };
        Ok(())
    }

    async fn update_contact(
        &mut self,
        organization: OrganizationId,
        id: UserId,
        contact: &Contact,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let values = [organization.get().into(), id.get().into(), at.into()];
        changed_one(self.execute(TOUCH, values).await?)?;
        let values = [
            id.get().into(),
            contact.email.as_str().into(),
            contact.email.key().as_str().into(),
            text(contact.phone_number.as_ref()),
            text(contact.emergency_number.as_ref()),
            text(contact.address.as_ref()),
            text(contact.street_address.as_ref()),
            text(contact.city.as_ref()),
            text(contact.state.as_ref()),
            text(contact.zip_code.as_ref()),
            text(contact.country.as_ref()),
        ];
        changed_one(self.execute(CONTACT, values).await?)
    }

    async fn rename(
        &mut self,
        organization: OrganizationId,
        id: UserId,
        username: &Username,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let values = [
            organization.get().into(),
            id.get().into(),
            username.as_str().into(),
            username.key().as_str().into(),
            at.into(),
        ];
        changed_one(self.execute(RENAME, values).await?)
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
        changed_one(changed)
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
    ) -> Result<EmailProof, PortError> {
        // The user before the contact, as every other write of both does.
        self.lock_user(id).await?;
        let values = [id.get().into(), email.as_str().into(), at.into()];
        if self.execute(VERIFY_EMAIL, values).await? == 0 {
            let values = [id.get().into(), email.as_str().into()];
            let row = self.one(HAS_EMAIL, values).await?;
            return Ok(row.map_or(EmailProof::NotTheAddress, |_| EmailProof::Known));
        }
        self.execute(
            "UPDATE users SET updated_at = $2 WHERE user_id = $1",
            [id.get().into(), at.into()],
        )
        .await?;
        Ok(EmailProof::New)
    }

    async fn record_login(
        &mut self,
        id: UserId,
        at: Timestamp,
    ) -> Result<Option<Credentials>, PortError> {
        let row = self.one(RECORD_LOGIN, [id.get().into(), at.into()]).await?;
        row.as_ref().map(credentials).transpose()
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

/// A write that found no row is stale.
fn changed_one(changed: u64) -> Result<(), PortError> {
    if changed == 0 {
        return Err(PortError::Stale);
    }
    Ok(())
}

/// A value of a nullable column of text.
fn text<T: Clone + Into<String>>(value: Option<&T>) -> Value {
    value.cloned().map(Into::into).into()
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
        self_registered: Set(new.self_registered),
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
