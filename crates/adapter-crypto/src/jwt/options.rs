//! What an issuer is made of, and why it could not be made.

use std::fmt;

use secrecy::SecretString;

/// The key that signs new tokens.
#[derive(Debug, Clone)]
pub enum SigningKey {
    /// The shared secret of HS256. RFC 7518 asks for at least 32 bytes; a
    /// weaker one is the settings' business.
    Shared(SecretString),
    /// An Ed25519 private key as PKCS#8 PEM, not encrypted (RFC 8410), for
    /// `EdDSA`.
    Ed25519(SecretString),
}

/// What a [`JwtIssuer`](super::JwtIssuer) is made of.
#[derive(Debug, Clone)]
pub struct JwtOptions {
    /// Signs new tokens; its tokens are accepted.
    pub signing: SigningKey,
    /// A shared secret whose tokens are accepted too.
    pub accepted_shared: Option<SecretString>,
    /// Ed25519 public keys whose tokens are accepted too: PEM sections
    /// `PUBLIC KEY` (RFC 8410), any number, one after another. Empty: none.
    pub accepted_public: String,
    /// `iss` of every token.
    pub issuer: String,
    /// `aud` of every token; `None`: none is written, and a token that has one
    /// is for another service.
    pub audience: Option<String>,
    /// How many verified tokens are remembered; 0: none.
    pub cached_tokens: u64,
}

impl JwtOptions {
    /// A fitting number of tokens to remember: some 2 MB.
    pub const CACHED_TOKENS: u64 = 10_000;
}

/// Which of the Ed25519 keys an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRole {
    /// The one that signs.
    Private,
    /// One of the further accepted ones.
    Public,
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "the private token key",
            Self::Public => "an accepted public token key",
        })
    }
}

/// Why a [`JwtIssuer`](super::JwtIssuer) could not be made. Never shows a key.
#[derive(Debug, thiserror::Error)]
pub enum JwtSetupError {
    /// A shared key is empty.
    #[error("the token key is empty")]
    EmptyKey,
    /// The text is not PEM, or the private key is not exactly one section.
    #[error("{0} is not well-formed PEM")]
    MalformedPem(KeyRole),
    /// The PEM holds something else.
    #[error(
        "{0} is not an Ed25519 key: private ones are PKCS#8 and not encrypted, \
         public ones SubjectPublicKeyInfo"
    )]
    NotEd25519(KeyRole),
    /// A key is given twice; names its thumbprint.
    #[error("a token key is given twice: {0}")]
    DuplicateKey(String),
    /// The issuer is empty.
    #[error("the token issuer is empty")]
    EmptyIssuer,
    /// The audience is given and empty.
    #[error("the token audience is empty")]
    EmptyAudience,
    /// The header could not be written: a defect.
    #[error("the token header could not be written: {0}")]
    Header(#[from] serde_json::Error),
}
