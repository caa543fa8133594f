//! Options of adapters, from the settings. What is started is made of these,
//! and `check` looks at the same.

use auth_config::{Settings, TokenAlgorithm};
use auth_crypto::{Argon2Options, JwtOptions, SigningKey};
use auth_smtp::FileMailerOptions;
use auth_telemetry::{LogFormat, LogOptions, LogTarget};
use secrecy::SecretString;

/// What is logged, how, and where to.
pub(super) fn log_options(settings: &Settings, target: LogTarget) -> LogOptions {
    LogOptions {
        filter: settings.logs.filter.clone(),
        format: match settings.logs.format {
            auth_config::LogFormat::Json => LogFormat::Json,
            auth_config::LogFormat::Text => LogFormat::Text,
        },
        target,
    }
}

/// How passwords are hashed.
pub(super) fn argon2_options(settings: &Settings) -> Argon2Options {
    let argon2 = &settings.argon2;
    Argon2Options {
        memory_kib: argon2.memory_kib,
        iterations: argon2.iterations,
        lanes: argon2.lanes,
        threads: argon2.threads,
        queue: argon2.queue,
    }
}

/// Where mail goes.
pub(super) fn mailer_options(settings: &Settings) -> FileMailerOptions {
    FileMailerOptions {
        directory: settings.mail_directory(),
        from: settings.mail.from.clone(),
    }
}

/// How access tokens are signed; `None`: there is no key for it. `shared` is
/// the shared key in force, which embedded mode makes where none is set.
pub(super) fn jwt_options(settings: &Settings, shared: Option<SecretString>) -> Option<JwtOptions> {
    let tokens = &settings.tokens;
    let ed25519 = tokens.ed25519_key.clone();
    let (signing, accepted_shared) = match (tokens.algorithm(), ed25519, shared) {
        (TokenAlgorithm::EdDsa, Some(key), shared) => (SigningKey::Ed25519(key), shared),
        (TokenAlgorithm::Hs256, _, Some(key)) => (SigningKey::Shared(key), None),
        (TokenAlgorithm::EdDsa, None, _) | (TokenAlgorithm::Hs256, _, None) => return None,
    };
    Some(JwtOptions {
        signing,
        accepted_shared,
        accepted_public: tokens.accepted_public_keys.clone(),
        issuer: settings.token_issuer(),
        audience: tokens.audience.clone(),
        cached_tokens: JwtOptions::CACHED_TOKENS,
    })
}
