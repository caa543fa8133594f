//! Rules about several settings. What is wrong with one alone, its kind says.

use secrecy::{ExposeSecret as _, SecretString};

use crate::notices::Notice;
use crate::reader::Reader;
use crate::setting::{Declaration, Secrecy};
use crate::settings::{
    Environment, Postgres, Rabbit, Settings, SharedSecrets, TlsMode, TokenAlgorithm, Tokens,
    is_loopback,
};
use crate::weak::weakness;

type Rule = fn(&Settings, &mut Reader<'_>);

const RULES: &[Rule] = &[
    tokens_have_a_key,
    a_private_key_signs,
    secrets_are_random,
    secrets_differ,
    the_sample_password_stays_on_this_machine,
    the_way_to_the_database_is_encrypted,
];

/// Applies each rule; what breaks it stays with the reader.
pub(crate) fn apply(settings: &Settings, reader: &mut Reader<'_>) {
    for rule in RULES {
        rule(settings, reader);
    }
}

/// The algorithm as the sources choose it: a private key that is malformed
/// still says what was meant.
fn algorithm(settings: &Settings, reader: &Reader<'_>) -> TokenAlgorithm {
    let private = reader
        .sources
        .is_given(&Tokens::JWT_ED25519_PRIVATE_KEY.declaration);
    settings.tokens.algorithm_with(private)
}

fn tokens_have_a_key(settings: &Settings, reader: &mut Reader<'_>) {
    let shared = &SharedSecrets::JWT_SECRET_KEY;
    let private = &Tokens::JWT_ED25519_PRIVATE_KEY;
    let is_given = |declaration| reader.sources.is_given(declaration);
    match algorithm(settings, reader) {
        TokenAlgorithm::EdDsa if !is_given(&private.declaration) => {
            let algorithm = Tokens::JWT_ALGORITHM.variable();
            let text = format!("is needed, because {algorithm} is EdDSA");
            reader.problem(&private.declaration, text);
        }
        TokenAlgorithm::Hs256 if !is_given(&shared.declaration) && !settings.is_embedded() => {
            let text = format!(
                "is needed on PostgreSQL: set a random value of at least 32 bytes, or {}",
                private.variable()
            );
            reader.problem(&shared.declaration, text);
        }
        TokenAlgorithm::EdDsa | TokenAlgorithm::Hs256 => {}
    }
}

fn a_private_key_signs(settings: &Settings, reader: &mut Reader<'_>) {
    let chosen = algorithm(settings, reader);
    if chosen == TokenAlgorithm::Hs256 && settings.tokens.ed25519_key.is_some() {
        reader.notices.push(Notice::Warning(format!(
            "{} signs nothing, because {} is HS256; tokens that it signed hold only if its \
             public key is in {}",
            Tokens::JWT_ED25519_PRIVATE_KEY.variable(),
            Tokens::JWT_ALGORITHM.variable(),
            Tokens::JWT_ACCEPTED_PUBLIC_KEYS_FILE.variable(),
        )));
    }
}

fn secrets_are_random(_: &Settings, reader: &mut Reader<'_>) {
    if reader.environment == Environment::Development {
        return;
    }
    for (declaration, secret) in reader.secrets.clone() {
        if declaration.secrecy != Secrecy::SharedSecret {
            continue;
        }
        if let Some(weakness) = weakness(secret.expose_secret()) {
            let text = format!("{weakness}: set a random one, as `openssl rand -base64 48` makes");
            reader.problem(declaration, text);
        }
    }
}

/// A client that is told one secret must not know another by it. Two passwords
/// of other servers may be the same: that is for those servers to judge.
fn secrets_differ(_: &Settings, reader: &mut Reader<'_>) {
    if reader.environment == Environment::Development {
        return;
    }
    let secrets = reader.secrets.clone();
    for (index, (declaration, secret)) in secrets.iter().enumerate() {
        let equal = secrets.iter().take(index).find(|(other, value)| {
            let ours = [declaration.secrecy, other.secrecy].contains(&Secrecy::SharedSecret);
            ours && value.expose_secret() == secret.expose_secret()
        });
        if let Some((other, _)) = equal {
            let text = format!("is the same as {}: set another one", other.variable());
            reader.problem(declaration, text);
        }
    }
}

fn the_sample_password_stays_on_this_machine(settings: &Settings, reader: &mut Reader<'_>) {
    if let Some(postgres) = &settings.postgres {
        let declarations = [
            &Postgres::DB_PASS.declaration,
            &Postgres::DB_HOST.declaration,
        ];
        sample_password(reader, declarations, &postgres.password, &postgres.host);
    }
    if let Some(rabbit) = &settings.rabbit {
        let declarations = [
            &Rabbit::RABBIT_PASS.declaration,
            &Rabbit::RABBIT_HOST.declaration,
        ];
        sample_password(reader, declarations, &rabbit.password, &rabbit.host);
    }
}

fn sample_password(
    reader: &mut Reader<'_>,
    [of_password, of_host]: [&'static Declaration; 2],
    password: &SecretString,
    host: &str,
) {
    let sample = password.expose_secret() == of_password.default;
    let development = reader.environment == Environment::Development;
    if sample && !development && !is_loopback(host) {
        let text = format!(
            "is the sample password, and {} is another machine: set the user's own",
            of_host.variable()
        );
        reader.problem(of_password, text);
    }
}

fn the_way_to_the_database_is_encrypted(settings: &Settings, reader: &mut Reader<'_>) {
    let Some(postgres) = &settings.postgres else {
        return;
    };
    let open = matches!(postgres.tls, TlsMode::Disable | TlsMode::Prefer);
    let production = reader.environment == Environment::Production;
    if open && production && !is_loopback(&postgres.host) {
        reader.notices.push(Notice::Warning(format!(
            "the connection to PostgreSQL on another machine may be read on its way: {} can be \
             verify-full",
            Postgres::DB_SSLMODE.variable()
        )));
    }
}
