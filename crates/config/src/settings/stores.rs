//! The servers beside us: the database, Redis, RabbitMQ.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use crate::kinds::{
    host, host_or_socket, milliseconds, number, parsed, password, text, virtual_host,
};
use crate::section::Chosen;
use crate::setting::Declaration;

section! {
    /// The embedded database, in `DATA_DIR`.
    #[derive(Debug, Clone)]
    pub struct Sqlite {
        /// Connections that read the embedded database at once.
        SQLITE_READERS => pub readers: u32 = number(1, 64).default("4"),
    }
}

section! {
    /// PostgreSQL.
    #[derive(Debug, Clone)]
    pub struct Postgres {
        /// PostgreSQL's host; setting any `DB_*` chooses PostgreSQL, which needs this one.
        DB_HOST => pub host: String = host_or_socket(),
        /// PostgreSQL's port.
        DB_PORT => pub port: u16 = number(1, 65_535).default("5432"),
        /// PostgreSQL's user.
        DB_USER => pub user: String = text().default("auth_microservice"),
        /// PostgreSQL's password; the sample one only on this machine.
        DB_PASS => pub password: SecretString = password().default("auth_microservice"),
        /// PostgreSQL's database.
        DB_BASE => pub database: String = text().default("admin"),
        /// Whether the connection is encrypted and the server proven, as `sslmode` of libpq says.
        DB_SSLMODE => pub tls: TlsMode =
            parsed::<TlsMode, _>("disable, prefer, require, verify-ca or verify-full")
                .default("prefer"),
        /// A file of certificates in PEM that PostgreSQL's one must come from; unset: those that
        /// are trusted publicly.
        DB_SSL_ROOT_CERT => pub root_certificate: Option<String> = text(),
        /// Connections to PostgreSQL of one process.
        DB_MAX_CONNECTIONS => pub max_connections: u32 = number(1, 1000).default("10"),
    }
}

/// `sslmode` of libpq (PostgreSQL's documentation, section 34.19).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// In the clear.
    Disable,
    /// Encrypted if the server can.
    #[default]
    Prefer,
    /// Encrypted, whoever the server is.
    Require,
    /// Encrypted, by a server with a certificate that is trusted.
    VerifyCa,
    /// The same, and the certificate names the host.
    VerifyFull,
}

impl FromStr for TlsMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return Err(()),
        })
    }
}

impl Chosen for Postgres {
    const CHOSEN_BY: &'static [&'static Declaration] = &[
        &Self::DB_HOST.declaration,
        &Self::DB_PORT.declaration,
        &Self::DB_USER.declaration,
        &Self::DB_PASS.declaration,
        &Self::DB_BASE.declaration,
    ];
    const NEEDS: &'static Declaration = &Self::DB_HOST.declaration;
}

section! {
    /// Redis.
    #[derive(Debug, Clone)]
    pub struct Redis {
        /// Redis' host; unset: caches and limits live in each process.
        REDIS_HOST => pub host: String = host(),
        /// Redis' port.
        REDIS_PORT => pub port: u16 = number(1, 65_535).default("6379"),
        /// Redis' user; unset: the default one.
        REDIS_USER => pub user: Option<String> = text(),
        /// Redis' password.
        REDIS_PASS => pub password: Option<SecretString> = password(),
        /// The number of Redis' database.
        REDIS_BASE => pub database: u8 = number(0, 255).default("0"),
        /// Milliseconds that a command to Redis may take.
        REDIS_TIMEOUT_MS => pub timeout: Duration = milliseconds(1, 60_000).default("250"),
    }
}

impl Chosen for Redis {
    const CHOSEN_BY: &'static [&'static Declaration] = &[Self::NEEDS];
    const NEEDS: &'static Declaration = &Self::REDIS_HOST.declaration;
}

section! {
    /// RabbitMQ.
    #[derive(Debug, Clone)]
    pub struct Rabbit {
        /// RabbitMQ's host; unset: events stay in this process.
        RABBIT_HOST => pub host: String = host(),
        /// RabbitMQ's port.
        RABBIT_PORT => pub port: u16 = number(1, 65_535).default("5672"),
        /// RabbitMQ's user.
        RABBIT_USER => pub user: String = text().default("guest"),
        /// RabbitMQ's password; the sample one only on this machine.
        RABBIT_PASS => pub password: SecretString = password().default("guest"),
        /// RabbitMQ's virtual host.
        RABBIT_VHOST => pub virtual_host: String = virtual_host().default("/"),
        /// Milliseconds that RabbitMQ may take to confirm an event.
        RABBIT_CONFIRM_TIMEOUT_MS => pub confirm_timeout: Duration =
            milliseconds(100, 20_000).default("10000"),
    }
}

impl Chosen for Rabbit {
    const CHOSEN_BY: &'static [&'static Declaration] = &[Self::NEEDS];
    const NEEDS: &'static Declaration = &Self::RABBIT_HOST.declaration;
}

/// Whether a host is this machine, without asking a resolver.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    let name = host.trim_end_matches('.').to_lowercase();
    address.is_some_and(|address| address.is_loopback())
        || name == "localhost"
        || name.ends_with(".localhost")
        || host.starts_with('/')
}
