//! The settings, with everything that an adapter would refuse to start with.
//!
//! Every command loads them here, so `config check` finds what `serve` finds.

use auth_config::{Argon2, Logs, Mail, Notice, Problem, Settings, SharedSecrets, Sources, Tokens};
use auth_crypto::{HasherSetupError, JwtIssuer, JwtOptions, JwtSetupError, KeyRole, SigningKey};
use secrecy::SecretString;

use auth_telemetry::LogTarget;

use super::options::{argon2_options, jwt_options, log_options, mailer_options};
use crate::Failure;

/// Loads the settings, or fails with all that is wrong with them.
pub(crate) fn load_settings(sources: &Sources) -> Result<(Settings, Vec<Notice>), Failure> {
    Settings::load(sources, problems).map_err(|errors| Failure::new(errors.to_string()))
}

/// What the adapters find wrong with the settings. Starts and writes nothing.
fn problems(settings: &Settings) -> Vec<Problem> {
    let logs = log_options(settings, LogTarget::Stdout).check().err();
    let logs = logs.map(|error| Logs::LOG_LEVEL.problem(error));
    let hasher = argon2_options(settings).check().err();
    let hasher = hasher.map(|error| hasher_problem(&error));
    let mailer = mailer_options(settings).check().err();
    let mailer = mailer.map(|error| Mail::MAIL_FROM.problem(error));
    let mut problems = token_problems(settings);
    problems.extend([logs, hasher, mailer].into_iter().flatten());
    problems
}

fn hasher_problem(error: &HasherSetupError) -> Problem {
    match error {
        HasherSetupError::Iterations => Argon2::ARGON2_ITERATIONS.problem(error),
        HasherSetupError::Lanes => Argon2::ARGON2_LANES.problem(error),
        HasherSetupError::Threads | HasherSetupError::Start(_) => {
            Argon2::HASH_THREADS.problem(error)
        }
        HasherSetupError::Memory | HasherSetupError::Refused(_) | HasherSetupError::Random(_) => {
            Argon2::ARGON2_MEMORY_KIB.problem(error)
        }
    }
}

/// What is wrong with the keys and names of tokens. Each key is looked at by
/// itself first, because an issuer of all of them says only what is wrong with
/// one; and a private key also where another key signs.
fn token_problems(settings: &Settings) -> Vec<Problem> {
    // Stands for the key that embedded mode makes.
    let made = SecretString::from("made at the first start of embedded mode");
    let shared = settings.secrets.token_key.clone();
    let shared = shared.or_else(|| settings.is_embedded().then(|| made.clone()));
    // That there is no key at all was found when the settings were read.
    let Some(options) = jwt_options(settings, shared) else {
        return Vec::new();
    };
    let private = settings.tokens.ed25519_key.clone().map(|key| JwtOptions {
        signing: SigningKey::Ed25519(key),
        accepted_public: String::new(),
        ..options.clone()
    });
    let public = JwtOptions {
        signing: SigningKey::Shared(made),
        accepted_shared: None,
        ..options.clone()
    };
    let refused = |options| JwtIssuer::new(options).err();
    let mut errors: Vec<JwtSetupError> = private.into_iter().filter_map(refused).collect();
    errors.extend(refused(public));
    if errors.is_empty() {
        errors.extend(refused(options));
    }
    errors.iter().map(token_problem).collect()
}

fn token_problem(error: &JwtSetupError) -> Problem {
    match error {
        JwtSetupError::EmptyKey => SharedSecrets::JWT_SECRET_KEY.problem(error),
        JwtSetupError::MalformedPem(KeyRole::Private)
        | JwtSetupError::NotEd25519(KeyRole::Private) => {
            Tokens::JWT_ED25519_PRIVATE_KEY.problem(error)
        }
        JwtSetupError::MalformedPem(KeyRole::Public)
        | JwtSetupError::NotEd25519(KeyRole::Public)
        | JwtSetupError::DuplicateKey(_) => Tokens::JWT_ACCEPTED_PUBLIC_KEYS_FILE.problem(error),
        JwtSetupError::EmptyAudience => Tokens::JWT_AUDIENCE.problem(error),
        JwtSetupError::EmptyIssuer | JwtSetupError::Header(_) => Tokens::JWT_ISSUER.problem(error),
    }
}
