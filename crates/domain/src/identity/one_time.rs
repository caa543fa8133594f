//! One-time tokens: a link in a mail that proves that its reader has the address.

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::{TokenDigest, TokenError};
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{OrganizationId, UserId};
use crate::text::NameKey;
use crate::wire_enum;

wire_enum! {
    /// What a one-time token is good for.
    TokenPurpose {
        /// Setting a new password without the old one.
        PasswordReset = "password_reset",
        /// Proving that an e-mail address is the user's.
        EmailVerification = "email_verification",
    }
}

/// A one-time token: 32 random bytes in base64url without padding. Redacted in
/// `Debug`.
#[derive(Clone)]
pub struct OneTimeToken(SecretString);

impl OneTimeToken {
    /// Takes a token from a client or from [`OneTimeTokens`].
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// The token, for the mail.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored of it.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.expose())
    }
}

impl fmt::Debug for OneTimeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeToken(redacted)")
    }
}

/// Makes one-time tokens.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait OneTimeTokens: Send + Sync {
    /// A fresh token from the operating system's randomness.
    fn generate(&self) -> Result<OneTimeToken, TokenError>;
}

/// A token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// The user's organization.
    pub organization_id: OrganizationId,
    /// Whose.
    pub user_id: UserId,
    /// What it is good for.
    pub purpose: TokenPurpose,
    /// What is stored of it.
    pub digest: TokenDigest,
    /// The key of the address that it was sent to.
    pub email_key: NameKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires_at: Timestamp,
}

/// Reads of one-time tokens.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OneTimeTokenQueries: Send + Sync {
    /// The token with that digest and purpose, expired or not; `Ok(None)`:
    /// there is none.
    async fn find(
        &self,
        purpose: TokenPurpose,
        digest: &TokenDigest,
    ) -> Result<Option<StoredToken>, PortError>;
}

/// One-time tokens, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OneTimeTokenRepo: Send + Sync {
    /// Stores a token in the place of the user's one of that purpose, if there
    /// is one: a user MUST have at most one of each. MUST answer
    /// `MissingReference(User)` for an unknown user.
    async fn replace(&mut self, token: &StoredToken) -> Result<(), PortError>;

    /// Removes the token with that digest and purpose and answers what it was;
    /// `Ok(None)`: there is none. Of two transactions that take the same token
    /// at once MUST at most one get it.
    async fn take(
        &mut self,
        purpose: TokenPurpose,
        digest: &TokenDigest,
    ) -> Result<Option<StoredToken>, PortError>;

    /// Removes all tokens of a user.
    async fn discard_all(&mut self, user: UserId) -> Result<(), PortError>;
}
