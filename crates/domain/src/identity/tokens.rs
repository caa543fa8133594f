//! Access tokens (JWT) and refresh tokens (opaque).

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::ids::{OrganizationId, RoleId, SessionId, UserId};
use crate::text::Username;
use crate::users::EmailAddress;

/// What an access token says beside the issuer's own claims (`iss`, `aud`,
/// `jti`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// `sub`
    pub user_id: UserId,
    /// `session_id`
    pub session_id: SessionId,
    /// `organization_id`
    pub organization_id: OrganizationId,
    /// `role_id`: the primary role.
    pub role_id: Option<RoleId>,
    /// `username`
    pub username: Username,
    /// `email`
    pub email: EmailAddress,
    /// `iat`
    pub issued_at: Timestamp,
    /// `exp`
    pub expires_at: Timestamp,
}

/// A signed access token. Redacted in `Debug`.
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Wraps what an issuer signed.
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// The token, for the answer.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(redacted)")
    }
}

/// An access token whose signature, type, issuer, audience and times hold.
/// Whether its session may act is the gate's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedToken {
    /// `sub`
    pub user_id: UserId,
    /// `session_id`
    pub session_id: SessionId,
    /// `iat`
    pub issued_at: Timestamp,
    /// `exp`
    pub expires_at: Timestamp,
}

/// What an issuer writes into every token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerName {
    /// `iss`
    pub issuer: String,
    /// `aud`; `None`: no token has one.
    pub audience: Option<String>,
}

/// A public key that verifies our tokens: an Ed25519 key (RFC 8037), as a JSON
/// Web Key (RFC 7517) shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedKey {
    /// `kid`: the key's thumbprint (RFC 7638).
    pub id: String,
    /// `x`: the public key in base64url without padding.
    pub x: String,
}

/// Why an access token was not accepted. Never says more than the wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRejected {
    /// Not signed by us, expired, for another service, or not a token at all.
    #[error("the token is not valid")]
    Invalid,
    /// Signed by us, but without a usable `sub` or `session_id`.
    #[error("the token lacks a claim")]
    Payload,
}

/// Why a token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("a token could not be signed: {0}")]
pub struct TokenError(pub String);

/// Signs and verifies access tokens (RFC 7519, RFC 9068).
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TokenIssuer: Send + Sync {
    /// Signs a token with header `typ: at+jwt`, a fresh `jti`, and the
    /// issuer's `iss` and `aud`.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, TokenError>;

    /// Verifies a token at an instant.
    ///
    /// MUST pin the algorithm to the key (never take it from the header), MUST
    /// refuse a token without `exp`, `iat` or `jti`, with another `typ`, `iss`
    /// or `aud`, not yet valid or expired (no leeway), and MUST NOT fetch or
    /// look up anything by header content.
    fn verify(&self, token: &str, now: Timestamp) -> Result<VerifiedToken, TokenRejected>;

    /// What it writes into every token.
    fn name(&self) -> IssuerName;

    /// The public keys that verify its tokens, the signing one first. MUST
    /// never hold a shared key; empty: there are only such.
    fn published_keys(&self) -> Vec<PublishedKey>;
}

/// A refresh token: 48 random bytes in base64url without padding. Redacted in
/// `Debug`.
#[derive(Clone)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// Takes a token from a client or from [`RefreshTokens`].
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// The token, for the answer.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored of it.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.expose().as_bytes()).into())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(redacted)")
    }
}

/// The SHA-256 of a random token. Compared in constant time.
#[derive(Clone, Copy)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Takes a digest from the store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of a text.
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The digest, for the store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest in lower-case hexadecimal, for events.
    pub fn to_hex(&self) -> String {
        use fmt::Write as _;
        self.0.iter().fold(String::new(), |mut text, byte| {
            let _infallible = write!(text, "{byte:02x}");
            text
        })
    }

    /// Reads what [`TokenDigest::to_hex`] wrote; `None`: the text is something
    /// else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|&[high, low]| {
                let digit = |c: u8| char::from(c).to_digit(16);
                u8::try_from(digit(high)? * 16 + digit(low)?).ok()
            })
            .collect();
        let bytes: [u8; 32] = bytes?.try_into().ok()?;
        rest.is_empty().then_some(Self(bytes))
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq as _;
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenDigest {}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(redacted)")
    }
}

/// A refresh token encrypted under a key derived from its predecessor: only
/// a holder of the predecessor can open it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedToken(pub Vec<u8>);

impl fmt::Debug for SealedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedToken(redacted)")
    }
}

/// Makes refresh tokens, and keeps a successor for a client that lost the answer.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait RefreshTokens: Send + Sync {
    /// A fresh token from the operating system's randomness.
    fn generate(&self) -> Result<RefreshToken, TokenError>;

    /// Seals `successor` under a key derived from `old` (authenticated
    /// encryption, fresh nonce).
    fn seal(&self, old: &RefreshToken, successor: &RefreshToken)
    -> Result<SealedToken, TokenError>;

    /// Opens what [`RefreshTokens::seal`] sealed. `None`: it was sealed under
    /// another token, or was changed.
    fn open(&self, old: &RefreshToken, sealed: &SealedToken) -> Option<RefreshToken>;
}
