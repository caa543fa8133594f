//! Reads of users.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::identity::{Credentials, LoginName, PasswordHash};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::users::{Contact, User, UserQueries};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{contact_to_domain, user_to_domain};
use crate::entities::{user, user_contact};
use crate::errors::port_error;
use crate::identity::{ACCOUNT_WIDTH, account, account_columns};
use crate::sql::{Connection, Sql, column};

const BY_USERNAME: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", u.password_hash FROM users u \
     JOIN organizations o ON o.organization_id = u.organization_id \
     JOIN user_contacts c ON c.user_id = u.user_id \
     WHERE u.username_key = $1"
);

const BY_EMAIL: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", u.password_hash FROM user_contacts c \
     JOIN users u ON u.user_id = c.user_id \
     JOIN organizations o ON o.organization_id = u.organization_id \
     WHERE c.email_key = $1"
);

#[async_trait]
impl<C: Connection> UserQueries for Sql<C> {
    async fn find(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<User>, PortError> {
        let row = user::Entity::find_by_id(id.get())
            .filter(user::Column::OrganizationId.eq(organization.get()))
            .find_also_related(user_contact::Entity)
            .one(self.conn())
            .await
            .map_err(port_error)?;
        let Some((user, contact)) = row else {
            return Ok(None);
        };
        let contact = contact.ok_or_else(|| PortError::corrupt("a user without contact"))?;
        user_to_domain(user, contact).map(Some)
    }

    async fn find_contact(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<Contact>, PortError> {
        let row = user_contact::Entity::find_by_id(id.get())
            .inner_join(user::Entity)
            .filter(user::Column::OrganizationId.eq(organization.get()))
            .one(self.conn())
            .await
            .map_err(port_error)?;
        Ok(row.map(contact_to_domain))
    }

    async fn find_credentials(&self, login: &LoginName) -> Result<Option<Credentials>, PortError> {
        let query = if login.is_email() {
            BY_EMAIL
        } else {
            BY_USERNAME
        };
        let Some(row) = self.one(query, [login.key().as_str().into()]).await? else {
            return Ok(None);
        };
        let password_hash: Option<String> = column(&row, ACCOUNT_WIDTH)?;
        Ok(Some(Credentials {
            account: account(&row)?,
            password_hash: password_hash.map(PasswordHash::new),
        }))
    }
}
