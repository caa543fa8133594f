//! What `config print` shows.

use std::fmt;

use super::stores::chosen_by;
use super::{Database, Settings, tokens};
use crate::names::NOT_IN_THIS_BUILD;
use crate::sources::Sources;
use crate::table::{Entry, PREFIX, TABLE};

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
    let entries = TABLE.iter().map(|entry| setting(sources, entry));
    let mut lines = choices(sources, settings);
    lines.extend(absent.chain(entries));
    lines
}

fn choices(sources: &Sources, settings: &Settings) -> Vec<Described> {
    let algorithm = settings.tokens.algorithm.as_str().to_owned();
    let mail = format!("files in {}", settings.mail.directory.display());
    vec![
        database(sources, &settings.database),
        redis(settings),
        Described::new("token signature", algorithm, tokens::why(sources)),
        Described::new("mail", mail, "the only transport in this build"),
    ]
}

fn database(sources: &Sources, database: &Database) -> Described {
    let (value, why) = match database {
        Database::Sqlite(sqlite) => (
            format!("SQLite in {}", sqlite.data_dir.display()),
            format!("because no {PREFIX}DB_* is set"),
        ),
        Database::Postgres(postgres) => (
            format!(
                "PostgreSQL {} at {}:{}",
                postgres.database, postgres.host, postgres.port
            ),
            format!("because {} is set", chosen_by(sources).join(", ")),
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
    Described::new("redis", value, format!("because {PREFIX}REDIS_HOST {verb}"))
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

fn setting(sources: &Sources, entry: &Entry) -> Described {
    let found = sources
        .find(entry, "")
        .or_else(|| sources.find(entry, "_FILE"));
    let origin = found.as_ref().map_or("default", |found| found.origin);
    let value = match found {
        Some(_) if entry.secret => "(redacted)".to_owned(),
        Some(found) if !found.value.is_empty() => found.value,
        _ if entry.default.is_empty() => "(unset)".to_owned(),
        _ => entry.default.to_owned(),
    };
    Described::new(format!("{PREFIX}{}", entry.name), value, origin)
}
