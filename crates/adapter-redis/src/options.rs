//! Where the server is, and how long it may take.

use std::time::Duration;

use secrecy::SecretString;

/// How to reach a Redis server.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user (ACL); `None`: the default user.
    pub user: Option<String>,
    /// The password; `None`: the server asks for none.
    pub password: Option<SecretString>,
    /// The number of the database.
    pub database: u8,
    /// The longest that one command may take; at least a millisecond.
    pub command_timeout: Duration,
    /// What every key and channel begins with.
    pub key_prefix: String,
    /// The secret of all instances by which they seal what grants something:
    /// what is sealed by another is a miss.
    pub seal_key: SecretString,
}

impl RedisOptions {
    /// A server that asks for no password: database 0, 250 ms for a command,
    /// no prefix.
    pub fn new(host: impl Into<String>, port: u16, seal_key: SecretString) -> Self {
        Self {
            host: host.into(),
            port,
            user: None,
            password: None,
            database: 0,
            command_timeout: Duration::from_millis(250),
            key_prefix: String::new(),
            seal_key,
        }
    }
}
