//! What `config print` shows.

use std::fmt;

use super::{MailTransport, Postgres, Rabbit, Redis, Settings, Tokens};
use crate::names::NOT_IN_THIS_BUILD;
use crate::section::Chosen;
use crate::setting::{Declaration, PREFIX};
use crate::sources::Sources;

/// A line of `config print`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// What: a variable, or a choice.
    pub name: String,
    /// Its value, never that of a secret.
    pub value: String,
    /// Where it came from, or why.
    pub origin: String,
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.name, self.value, self.origin)
    }
}

impl Described {
    fn new(name: impl Into<String>, value: String, origin: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value,
            origin: origin.into(),
        }
    }
}

/// Every choice and why, then every setting and where it came from.
pub(super) fn describe(sources: &Sources, settings: &Settings) -> Vec<Described> {
    let absent = NOT_IN_THIS_BUILD.iter().map(|name| absent(sources, name));
    let each = Settings::declarations().map(|declaration| setting(sources, declaration));
    let mut lines = choices(sources, settings);
    lines.extend(absent.chain(each));
    lines.extend(of_driver(sources, settings));
    lines
}

/// What the driver of PostgreSQL reads by itself and no setting can take back.
fn of_driver(sources: &Sources, settings: &Settings) -> Vec<Described> {
    if settings.is_embedded() {
        return Vec::new();
    }
    let line = |name| Described::new(name, "read by PostgreSQL's driver".into(), "environment");
    sources.of_driver().into_iter().map(line).collect()
}

fn choices(sources: &Sources, settings: &Settings) -> Vec<Described> {
    let mail = match settings.mail.transport {
        MailTransport::File => format!("files in {}", settings.mail_directory().display()),
    };
    let algorithm = settings.tokens.algorithm().as_str().to_owned();
    vec![
        database(sources, settings),
        redis(settings),
        rabbit(settings),
        Described::new("token signature", algorithm, why_that_algorithm(sources)),
        Described::new("mail", mail, "the only transport in this build"),
    ]
}

fn database(sources: &Sources, settings: &Settings) -> Described {
    let (value, why) = match &settings.postgres {
        None => (
            format!("SQLite in {}", settings.installation.data_dir.display()),
            format!("because no {PREFIX}DB_* is set"),
        ),
        Some(postgres) => (
            format!(
                "PostgreSQL {} at {}:{}",
                postgres.database, postgres.host, postgres.port
            ),
            format!(
                "because {} is set",
                sources.given(Postgres::CHOSEN_BY).join(", ")
            ),
        ),
    };
    Described::new("database", value, why)
}

fn redis(settings: &Settings) -> Described {
    let (value, verb) = match &settings.redis {
        Some(redis) => (
            format!(
                "database {} at {}:{}",
                redis.database, redis.host, redis.port
            ),
            "is set",
        ),
        None => ("in this process".to_owned(), "is not set"),
    };
    let why = format!("because {} {verb}", Redis::REDIS_HOST.variable());
    Described::new("redis", value, why)
}

fn rabbit(settings: &Settings) -> Described {
    let (value, verb) = match &settings.rabbit {
        Some(Rabbit {
            host,
            port,
            virtual_host,
            ..
        }) => (format!("{virtual_host} at {host}:{port}"), "is set"),
        None => ("in this process".to_owned(), "is not set"),
    };
    let why = format!("because {} {verb}", Rabbit::RABBIT_HOST.variable());
    Described::new("rabbitmq", value, why)
}

fn why_that_algorithm(sources: &Sources) -> String {
    let algorithm = &Tokens::JWT_ALGORITHM.declaration;
    let key = &Tokens::JWT_ED25519_PRIVATE_KEY.declaration;
    let (decisive, verb) = match (sources.is_set(algorithm), sources.is_given(key)) {
        (true, _) => (algorithm, "is set"),
        (false, true) => (key, "is set"),
        (false, false) => (key, "is not set"),
    };
    format!("because {} {verb}", decisive.variable())
}

fn absent(sources: &Sources, beginning: &str) -> Described {
    let mut unread = sources.unread().into_iter();
    let value = if unread.any(|name| name.starts_with(beginning)) {
        "set, but not in this build"
    } else {
        "not in this build"
    };
    let name = beginning.trim_end_matches('_').to_lowercase();
    Described::new(name, value.into(), format!("{PREFIX}{beginning}*"))
}

fn setting(sources: &Sources, declaration: &Declaration) -> Described {
    let found = sources.find(declaration, "");
    let file = || {
        sources
            .find(declaration, "_FILE")
            .filter(|_| declaration.is_secret())
    };
    let found = found.filter(|found| !found.value.is_empty() || declaration.empty_is_none);
    let found = found.or_else(file);
    let origin = found.as_ref().map_or("default", |found| found.origin);
    let value = match found {
        Some(_) if declaration.is_secret() => "(redacted)".to_owned(),
        Some(found) if !found.value.is_empty() => found.value,
        None if !declaration.default.is_empty() => declaration.default.to_owned(),
        _ => "(unset)".to_owned(),
    };
    Described::new(declaration.variable(), value, origin)
}
