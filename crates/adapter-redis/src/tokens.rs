//! Which one-time tokens exist.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::identity::{OneTimeTokenIndex, TokenDigest, TokenPurpose};

use crate::connection::RedisConnection;

/// A key for each token, `password_reset:token:{digest}`.
#[derive(Debug)]
pub struct RedisOneTimeTokenIndex(RedisConnection);

impl RedisOneTimeTokenIndex {
    /// An index on a connection.
    pub fn new(connection: RedisConnection) -> Self {
        Self(connection)
    }
}

#[async_trait]
impl OneTimeTokenIndex for RedisOneTimeTokenIndex {
    async fn remember(
        &self,
        purpose: TokenPurpose,
        digest: &TokenDigest,
        life: Duration,
    ) -> Result<(), PortError> {
        let key = self.0.keys().token(purpose, digest);
        self.0.set(key, "1".to_owned(), life).await
    }

    async fn knows(&self, purpose: TokenPurpose, digest: &TokenDigest) -> Result<bool, PortError> {
        let key = self.0.keys().token(purpose, digest);
        let value = self.0.get(key).await?;
        Ok(value.is_some_and(|value| value == "1"))
    }

    async fn forget(&self, purpose: TokenPurpose, digest: &TokenDigest) -> Result<(), PortError> {
        let key = self.0.keys().token(purpose, digest);
        self.0.delete([key]).await
    }
}
