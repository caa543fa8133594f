//! What a connection needs to know; the composition root fills it in.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// Where PostgreSQL is and how to use it.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Host name, address, or directory of a Unix socket.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Role to connect as.
    pub user: String,
    /// Its password; `None` where the server asks for none.
    pub password: Option<SecretString>,
    /// Database; its encoding must be UTF8.
    pub database: String,
    /// Whether the connection is encrypted and the server proven.
    pub tls: TlsMode,
    /// A file of certificates in PEM that the server's must come from; `None`:
    /// those that are trusted publicly.
    pub root_certificate: Option<PathBuf>,
    /// The most connections of this process.
    pub max_connections: u32,
    /// How long a caller waits for a connection.
    pub acquire_timeout: Duration,
    /// How long the server works on one statement.
    pub statement_timeout: Duration,
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

/// Where the SQLite file is and how to use it.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The database file; made when it is missing, its directory is not.
    pub path: PathBuf,
    /// How many connections read at once, beside the one that writes.
    pub readers: u32,
}
