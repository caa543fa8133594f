//! Tokens, sessions and the secrets.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::minutes;
use crate::load::{Notice, Reader};
use crate::sources::Sources;
use crate::table::PREFIX;

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

/// Tokens and sessions.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// `iss`.
    pub issuer: String,
    /// `aud`; `None`: none.
    pub audience: Option<String>,
    /// How new access tokens are signed.
    pub algorithm: TokenAlgorithm,
    /// The Ed25519 private key in PEM (PKCS#8), if it is set. It signs if the
    /// algorithm is `EdDSA`.
    pub ed25519_key: Option<SecretString>,
    /// Ed25519 public keys in PEM whose tokens are accepted too; empty: none.
    pub accepted_public_keys: String,
    /// Life of an access token.
    pub access: Duration,
    /// Life of a legacy login.
    pub legacy_access: Duration,
    /// Life of a session after its last refresh.
    pub refresh: Duration,
    /// Life of a session at most.
    pub absolute: Duration,
    /// Life of a password reset's token.
    pub password_reset: Duration,
    /// Life of an e-mail verification's token.
    pub email_verification: Duration,
    /// How long the gate may use what it read of a session; `None`: not at all.
    pub session_cache: Option<Duration>,
}

/// Secrets, as far as they are set.
#[derive(Debug, Clone)]
pub struct SharedSecrets {
    /// The shared key of access tokens: signs them (HS256), or is still accepted
    /// while an Ed25519 key signs.
    pub token_key: Option<SecretString>,
    /// `X-Internal-Secret`.
    pub internal: Option<SecretString>,
    /// `X-Bootstrap-Secret`.
    pub bootstrap: Option<SecretString>,
    /// `X-Internal-Secret` of metrics ingestion.
    pub metrics_ingest: Option<SecretString>,
}

const ALGORITHM: &str = "JWT_ALGORITHM";
const SHARED_KEY: &str = "JWT_SECRET_KEY";
const ED25519_KEY: &str = "JWT_ED25519_PRIVATE_KEY";
const PUBLIC_KEYS: &str = "JWT_ACCEPTED_PUBLIC_KEYS_FILE";

pub(super) fn secrets(reader: &mut Reader<'_>, strict: bool) -> SharedSecrets {
    SharedSecrets {
        token_key: reader.secret(SHARED_KEY, strict),
        internal: reader.secret("INTERNAL_API_SECRET", strict),
        bootstrap: reader.secret("BOOTSTRAP_SECRET", strict),
        metrics_ingest: reader.secret("METRICS_INGEST_SECRET", strict),
    }
}

pub(super) fn tokens(
    reader: &mut Reader<'_>,
    sources: &Sources,
    public_url: Option<&Url>,
) -> Tokens {
    let default_issuer = || {
        public_url.map_or("auth-microservice".into(), |url| {
            url.as_str().trim_end_matches('/').to_owned()
        })
    };
    let session_cache = reader.number("SESSION_CACHE_MS", 0, 60_000);
    Tokens {
        issuer: reader.text("JWT_ISSUER").unwrap_or_else(default_issuer),
        audience: reader.text_or_none("JWT_AUDIENCE"),
        algorithm: algorithm(reader, sources),
        ed25519_key: reader.pem_secret(ED25519_KEY),
        accepted_public_keys: reader.pem_file(PUBLIC_KEYS).unwrap_or_default(),
        access: minutes(reader, "JWT_ACCESS_TOKEN_EXPIRES_MINUTES"),
        legacy_access: minutes(reader, "LEGACY_ACCESS_TOKEN_EXPIRES_MINUTES"),
        refresh: minutes(reader, "JWT_REFRESH_TOKEN_EXPIRES_MINUTES"),
        absolute: minutes(reader, "SESSION_ABSOLUTE_EXPIRES_MINUTES"),
        password_reset: minutes(reader, "PASSWORD_RESET_TOKEN_EXPIRES_MINUTES"),
        email_verification: minutes(reader, "EMAIL_VERIFICATION_TOKEN_EXPIRES_MINUTES"),
        session_cache: (session_cache > 0).then(|| Duration::from_millis(session_cache)),
    }
}

/// The algorithm that is set, or the one whose key is set.
fn algorithm(reader: &mut Reader<'_>, sources: &Sources) -> TokenAlgorithm {
    let by_key = if sources.is_given(ED25519_KEY) {
        TokenAlgorithm::EdDsa
    } else {
        TokenAlgorithm::Hs256
    };
    match reader.text(ALGORITHM).as_deref() {
        None => by_key,
        Some("HS256") => TokenAlgorithm::Hs256,
        Some("EdDSA") => TokenAlgorithm::EdDsa,
        Some(other) => {
            let text = format!("must be HS256 or EdDSA, and is {other:?}");
            reader.problem(ALGORITHM, text);
            by_key
        }
    }
}

/// Whether there is a key for the algorithm; `embedded`: the shared one is made
/// where it is missing.
pub(super) fn check_keys(
    reader: &mut Reader<'_>,
    sources: &Sources,
    algorithm: TokenAlgorithm,
    shared: Option<&SecretString>,
    embedded: bool,
) {
    let ed25519 = sources.is_given(ED25519_KEY);
    match algorithm {
        TokenAlgorithm::EdDsa if !ed25519 => {
            let text = format!("is needed, because {PREFIX}{ALGORITHM} is EdDSA");
            reader.problem(ED25519_KEY, text);
        }
        TokenAlgorithm::Hs256 if shared.is_none() && !embedded => {
            let text = format!(
                "is needed on PostgreSQL: set a random value of at least 32 bytes, \
                 or {PREFIX}{ED25519_KEY}"
            );
            reader.problem(SHARED_KEY, text);
        }
        TokenAlgorithm::Hs256 if ed25519 => reader.notices.push(Notice::Warning(format!(
            "{PREFIX}{ED25519_KEY} signs nothing, because {PREFIX}{ALGORITHM} is HS256; tokens \
             that it signed hold only if its public key is in {PREFIX}{PUBLIC_KEYS}"
        ))),
        TokenAlgorithm::EdDsa | TokenAlgorithm::Hs256 => {}
    }
}

/// Why that algorithm.
pub(super) fn why(sources: &Sources) -> String {
    let (name, verb) = match (sources.is_set(ALGORITHM), sources.is_given(ED25519_KEY)) {
        (true, _) => (ALGORITHM, "is set"),
        (false, true) => (ED25519_KEY, "is set"),
        (false, false) => (ED25519_KEY, "is not set"),
    };
    format!("because {PREFIX}{name} {verb}")
}
