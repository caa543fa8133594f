//! Caches of identity. None is ever the truth: an error or a miss means asking
//! the store.

use std::time::Duration;

use async_trait::async_trait;

use super::{Admission, TokenDigest, TokenPurpose};
use crate::error::PortError;
use crate::ids::SessionId;

/// Remembers which one-time tokens exist, so that a guess costs no work in the
/// store. Only a hit says something: what is not here may still be stored.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OneTimeTokenIndex: Send + Sync {
    /// Remembers a token. MUST be forgotten when `life` has passed, at the
    /// latest.
    async fn remember(
        &self,
        purpose: TokenPurpose,
        digest: &TokenDigest,
        life: Duration,
    ) -> Result<(), PortError>;

    /// Whether a token with that digest and purpose was remembered.
    async fn knows(&self, purpose: TokenPurpose, digest: &TokenDigest) -> Result<bool, PortError>;

    /// Forgets a token. One that is not there changes nothing.
    async fn forget(&self, purpose: TokenPurpose, digest: &TokenDigest) -> Result<(), PortError>;
}

/// Spares the gate its read of the store, for a bounded delay of what it sees.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionCache: Send + Sync {
    /// What was put for a session, unchanged; `Ok(None)`: nothing was, or its
    /// time has passed.
    async fn get(&self, session: SessionId) -> Result<Option<Admission>, PortError>;

    /// Keeps an admission. MUST be forgotten when `life` has passed.
    async fn put(&self, admission: &Admission, life: Duration) -> Result<(), PortError>;

    /// Forgets sessions. One that is not there changes nothing.
    async fn forget(&self, sessions: &[SessionId]) -> Result<(), PortError>;
}
