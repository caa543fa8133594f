//! Which one-time tokens exist.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::identity::{OneTimeTokenIndex, TokenDigest, TokenPurpose};

use crate::expiring::Expiring;

const MAX_TOKENS: u64 = 100_000;

/// The tokens of one process.
#[derive(Debug)]
pub struct MemoryOneTimeTokenIndex(Expiring<(TokenPurpose, [u8; 32]), ()>);

impl MemoryOneTimeTokenIndex {
    /// An index without tokens.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Expiring::new(clock, MAX_TOKENS))
    }
}

#[async_trait]
impl OneTimeTokenIndex for MemoryOneTimeTokenIndex {
    async fn remember(
        &self,
        purpose: TokenPurpose,
        digest: &TokenDigest,
        life: Duration,
    ) -> Result<(), PortError> {
        self.0.put((purpose, *digest.as_bytes()), (), life);
        Ok(())
    }

    async fn knows(&self, purpose: TokenPurpose, digest: &TokenDigest) -> Result<bool, PortError> {
        Ok(self.0.get(&(purpose, *digest.as_bytes())).is_some())
    }

    async fn forget(&self, purpose: TokenPurpose, digest: &TokenDigest) -> Result<(), PortError> {
        self.0.forget(&(purpose, *digest.as_bytes()));
        Ok(())
    }
}
