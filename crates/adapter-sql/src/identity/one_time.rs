//! One-time tokens.

use async_trait::async_trait;
use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{
    OneTimeTokenQueries, OneTimeTokenRepo, StoredToken, TokenDigest, TokenPurpose,
};
use auth_domain::ids::UserId;
use auth_domain::text::NameKey;
use sea_orm::{DatabaseTransaction, QueryResult};

use super::digest::{bytes, digest};
use crate::errors::refers_to;
use crate::sql::{Connection, Sql, column, id_column, word};

const REPLACE: &str = "
INSERT INTO one_time_tokens
    (organization_id, user_id, purpose, digest, email_key, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (user_id, purpose) DO UPDATE SET
    organization_id = excluded.organization_id, digest = excluded.digest,
    email_key = excluded.email_key, created_at = excluded.created_at,
    expires_at = excluded.expires_at";

// Of two at once the second waits on PostgreSQL, and then finds no row.
const TAKE: &str = "
DELETE FROM one_time_tokens WHERE digest = $1 AND purpose = $2
RETURNING organization_id, user_id, purpose, digest, email_key, created_at, expires_at";

const FIND: &str = "
SELECT organization_id, user_id, purpose, digest, email_key, created_at, expires_at
FROM one_time_tokens WHERE digest = $1 AND purpose = $2";

#[async_trait]
impl<C: Connection> OneTimeTokenQueries for Sql<C> {
    async fn find(
        &self,
        purpose: TokenPurpose,
        digest: &TokenDigest,
    ) -> Result<Option<StoredToken>, PortError> {
        let values = [bytes(digest).into(), purpose.as_str().into()];
        let row = self.one(FIND, values).await?;
        row.map(|row| stored_token(&row)).transpose()
    }
}

#[async_trait]
impl OneTimeTokenRepo for Sql<DatabaseTransaction> {
    async fn replace(&mut self, token: &StoredToken) -> Result<(), PortError> {
        let values = [
            token.organization_id.get().into(),
            token.user_id.get().into(),
            token.purpose.as_str().into(),
            bytes(&token.digest).into(),
            token.email_key.as_str().into(),
            token.created_at.into(),
            token.expires_at.into(),
        ];
        self.execute(REPLACE, values)
            .await
            .map_err(refers_to(Constraint::User))?;
        Ok(())
    }

    async fn take(
        &mut self,
        purpose: TokenPurpose,
        digest: &TokenDigest,
    ) -> Result<Option<StoredToken>, PortError> {
        let values = [bytes(digest).into(), purpose.as_str().into()];
        let row = self.one(TAKE, values).await?;
        row.map(|row| stored_token(&row)).transpose()
    }

    async fn discard_all(&mut self, user: UserId) -> Result<(), PortError> {
        self.execute(
            "DELETE FROM one_time_tokens WHERE user_id = $1",
            [user.get().into()],
        )
        .await?;
        Ok(())
    }
}

fn stored_token(row: &QueryResult) -> Result<StoredToken, PortError> {
    let purpose: String = column(row, 2)?;
    Ok(StoredToken {
        organization_id: id_column(row, 0)?,
        user_id: id_column(row, 1)?,
        purpose: word(TokenPurpose::parse, &purpose, "one_time_tokens.purpose")?,
        digest: digest(column(row, 3)?)?,
        email_key: NameKey::from_stored(column(row, 4)?),
        created_at: column(row, 5)?,
        expires_at: column(row, 6)?,
    })
}
