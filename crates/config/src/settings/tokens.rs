//! Tokens, sessions and the secrets.

use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use crate::kinds::{
    milliseconds_or_none, minutes, number, one_name, parsed, private_key, public_keys_file, secret,
};
use crate::setting::Setting;

section! {
    /// Tokens and sessions.
    #[derive(Debug, Clone)]
    pub struct Tokens {
        /// What signs new access tokens; unset: `EdDSA` if there is an Ed25519 key, else `HS256`.
        JWT_ALGORITHM => algorithm: Option<TokenAlgorithm> =
            parsed::<TokenAlgorithm, _>("HS256 or EdDSA"),
        /// The Ed25519 key that signs access tokens by `EdDSA`; `\n` may stand for a line end.
        /// HS256 tokens stay accepted while `JWT_SECRET_KEY` is set.
        JWT_ED25519_PRIVATE_KEY => pub ed25519_key: Option<SecretString> = private_key(),
        /// Ed25519 public keys whose tokens are accepted too.
        JWT_ACCEPTED_PUBLIC_KEYS_FILE => pub accepted_public_keys: String = public_keys_file(),
        /// `iss` of access tokens; unset: the public URL or `auth-microservice`.
        JWT_ISSUER => pub(super) issuer: Option<String> = one_name(),
        /// `aud` of access tokens; set to nothing: none.
        JWT_AUDIENCE => pub audience: Option<String> =
            one_name().default("auth-microservice").empty_is_none(),
        /// Minutes that an access token lives.
        JWT_ACCESS_TOKEN_EXPIRES_MINUTES => pub access: Duration = life().default("15"),
        /// Minutes that the session of a legacy login lives.
        LEGACY_ACCESS_TOKEN_EXPIRES_MINUTES => pub legacy_access: Duration =
            life().default("1440"),
        /// Minutes that a session lives after its last refresh.
        JWT_REFRESH_TOKEN_EXPIRES_MINUTES => pub refresh: Duration = life().default("20160"),
        /// Minutes that a session lives at most.
        SESSION_ABSOLUTE_EXPIRES_MINUTES => pub absolute: Duration = life().default("129600"),
        /// How many sessions of a user live at once: a new one ends the longest unused one; 0: no limit.
        SESSIONS_PER_USER => pub sessions_per_user: u32 = number(0, 10_000).default("100"),
        /// Milliseconds that the gate may use what it read of a session; 0: never.
        SESSION_CACHE_MS => pub session_cache: Option<Duration> =
            milliseconds_or_none(60_000).default("0"),
        /// Minutes that the token of a password reset lives.
        PASSWORD_RESET_TOKEN_EXPIRES_MINUTES => pub password_reset: Duration =
            life().default("60"),
        /// Minutes that the token of an e-mail verification lives.
        EMAIL_VERIFICATION_TOKEN_EXPIRES_MINUTES => pub email_verification: Duration =
            life().default("1440"),
    }
}

section! {
    /// Secrets, as far as they are set.
    #[derive(Debug, Clone)]
    pub struct SharedSecrets {
        /// Signs access tokens by HS256, or is still accepted while an Ed25519 key signs;
        /// embedded mode makes one.
        JWT_SECRET_KEY => pub token_key: Option<SecretString> =
            secret().also_read_as(&["JWT_SECRET_KEY", "USERS_SECRET"]),
        /// `X-Internal-Secret` of other services; embedded mode makes one.
        INTERNAL_API_SECRET => pub internal: Option<SecretString> =
            secret().also_read_as(&["INTERNAL_API_SECRET"]),
        /// `X-Bootstrap-Secret`; embedded mode makes one.
        BOOTSTRAP_SECRET => pub bootstrap: Option<SecretString> =
            secret().also_read_as(&["BOOTSTRAP_SECRET"]),
    }
}

/// A life of up to ten years.
const fn life() -> Setting<Duration> {
    minutes(1, 5_256_000)
}

/// How new access tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// With the shared key (RFC 7518, section 3.2).
    Hs256,
    /// With an Ed25519 key (RFC 8037).
    EdDsa,
}

impl TokenAlgorithm {
    /// Its name in a token's header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl FromStr for TokenAlgorithm {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "HS256" => Ok(Self::Hs256),
            "EdDSA" => Ok(Self::EdDsa),
            _ => Err(()),
        }
    }
}

impl Tokens {
    /// How new access tokens are signed: as it is set, or as the key says.
    pub fn algorithm(&self) -> TokenAlgorithm {
        self.algorithm_with(self.ed25519_key.is_some())
    }

    /// The same, where only is known whether there is an Ed25519 key.
    pub(crate) fn algorithm_with(&self, ed25519_key: bool) -> TokenAlgorithm {
        let by_key = if ed25519_key {
            TokenAlgorithm::EdDsa
        } else {
            TokenAlgorithm::Hs256
        };
        self.algorithm.unwrap_or(by_key)
    }
}
