use std::time::Duration;

use secrecy::SecretString;

/// Where RabbitMQ is, and how it is talked to.
#[derive(Debug, Clone)]
pub struct AmqpOptions {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The user's password.
    pub password: SecretString,
    /// The virtual host.
    pub virtual_host: String,
    /// What the broker shows the connection as.
    pub connection_name: String,
    /// How long the broker may take to confirm an event. While it is over its
    /// memory or disk limit it confirms nothing.
    pub confirm_timeout: Duration,
}
