//! The servers beside us: the database, Redis.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::small;
use crate::load::{Notice, Reader};
use crate::sources::Sources;
use crate::table::PREFIX;

/// Which database.
#[derive(Debug, Clone)]
pub enum Database {
    /// The embedded one.
    Sqlite(Sqlite),
    /// PostgreSQL.
    Postgres(Postgres),
}

/// The embedded database.
#[derive(Debug, Clone)]
pub struct Sqlite {
    /// The directory of the database and the secrets.
    pub data_dir: PathBuf,
    /// Connections that read at once.
    pub readers: u32,
}

/// PostgreSQL.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User.
    pub user: String,
    /// Password.
    pub password: SecretString,
    /// Database.
    pub database: String,
    /// Connections of one process.
    pub max_connections: u32,
}

/// Redis.
#[derive(Debug, Clone)]
pub struct Redis {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User; `None`: the default one.
    pub user: Option<String>,
    /// Password.
    pub password: Option<SecretString>,
    /// Number of the database.
    pub database: u32,
    /// How long a command may take.
    pub timeout: Duration,
}

impl Database {
    /// Whether it is the embedded one.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// The data directory of the embedded one.
    pub fn data_dir(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(sqlite) => Some(&sqlite.data_dir),
            Self::Postgres(_) => None,
        }
    }
}

/// The settings whose presence chooses PostgreSQL.
const POSTGRES: [&str; 5] = ["DB_HOST", "DB_PORT", "DB_USER", "DB_PASS", "DB_BASE"];

pub(super) fn chosen_by(sources: &Sources) -> Vec<&'static str> {
    let given = |name: &&str| sources.is_given(name);
    POSTGRES.into_iter().filter(given).collect()
}

pub(super) fn database(reader: &mut Reader<'_>, sources: &Sources) -> Database {
    let chosen = chosen_by(sources);
    if chosen.is_empty() {
        return Database::Sqlite(Sqlite {
            data_dir: reader.text("DATA_DIR").unwrap_or_default().into(),
            readers: small(reader.number("SQLITE_READERS", 1, 64)),
        });
    }
    let host = reader.text("DB_HOST");
    if host.is_none() {
        let names = chosen.join(", ");
        reader.problem(
            "DB_HOST",
            format_args!("is needed, because {names} chose PostgreSQL"),
        );
    }
    let password = reader.secret("DB_PASS", false);
    Database::Postgres(Postgres {
        host: host.unwrap_or_default(),
        port: u16::try_from(reader.number("DB_PORT", 1, 65_535)).unwrap_or_default(),
        user: reader.text("DB_USER").unwrap_or_default(),
        password: password.unwrap_or_else(|| "auth_microservice".into()),
        database: reader.text("DB_BASE").unwrap_or_default(),
        max_connections: small(reader.number("DB_MAX_CONNECTIONS", 1, 1000)),
    })
}

/// The settings that mean nothing without `REDIS_HOST`.
const REDIS: [&str; 5] = [
    "REDIS_PORT",
    "REDIS_USER",
    "REDIS_PASS",
    "REDIS_BASE",
    "REDIS_TIMEOUT_MS",
];

/// `None`: what Redis would do is done in this process.
pub(super) fn redis(reader: &mut Reader<'_>, sources: &Sources) -> Option<Redis> {
    let redis = Redis {
        host: reader.text("REDIS_HOST").unwrap_or_default(),
        port: u16::try_from(reader.number("REDIS_PORT", 1, 65_535)).unwrap_or_default(),
        user: reader.text("REDIS_USER"),
        password: reader.secret("REDIS_PASS", false),
        database: small(reader.number("REDIS_BASE", 0, 65_535)),
        timeout: Duration::from_millis(reader.number("REDIS_TIMEOUT_MS", 1, 60_000)),
    };
    if !redis.host.is_empty() {
        return Some(redis);
    }
    let given = REDIS.into_iter().filter(|name| sources.is_given(name));
    let useless: Vec<String> = given.map(|name| format!("{PREFIX}{name}")).collect();
    if !useless.is_empty() {
        let names = useless.join(", ");
        reader.notices.push(Notice::Warning(format!(
            "{names} means nothing, because {PREFIX}REDIS_HOST is not set"
        )));
    }
    None
}
