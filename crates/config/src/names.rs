//! Names and values that are known without being settings.

/// Variables whose adapter is not in this build, by their beginning.
pub(crate) const NOT_IN_THIS_BUILD: &[&str] = &["MONGODB_", "CASDOOR_", "SMTP_", "METRICS_INGEST_"];

/// Variables of the predecessor that mean nothing any more, by their
/// beginning.
pub(crate) const OBSOLETE: &[&str] = &[
    "SENTRY_",
    "WORKERS_COUNT",
    "RELOAD",
    "PROMETHEUS_DIR",
    "DB_ECHO",
    "GRAFANA_",
    "RABBIT_POOL_SIZE",
    "RABBIT_CHANNEL_POOL_SIZE",
];

/// Variables of libpq that the driver of PostgreSQL reads from the environment
/// and that no setting replaces (libpq's documentation, section 34.15).
pub(crate) const READ_BY_DRIVER: &[&str] = &["PGOPTIONS", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT"];

/// Secrets that stand in documentation, in lower case.
pub(crate) const KNOWN_SECRETS: &[&str] = &[
    "change-me",
    "changeme",
    "change_me",
    "secret",
    "password",
    "auth_microservice",
    "auth-microservice",
    "test",
    "admin",
    "your-secret-key",
    "your-256-bit-secret",
    "a-string-secret-at-least-256-bits-long",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
];

/// Whether a name without prefix is one of those that Kubernetes and Docker set
/// for a service `auth-microservice` or `auth-microservice-…`: nobody meant us.
pub(crate) fn is_of_platform(name: &str) -> bool {
    let of_port = |rest: &str| {
        let mut parts = rest.split('_');
        let number = parts.next().unwrap_or_default();
        let protocol = parts.next().unwrap_or_default();
        !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit())
            && ["TCP", "UDP", "SCTP"].contains(&protocol)
    };
    let named = |what: &str| name == what || name.ends_with(&format!("_{what}"));
    let ports = name.match_indices("PORT_");
    named("SERVICE_HOST")
        || named("SERVICE_PORT")
        || name.contains("SERVICE_PORT_")
        || ports
            .into_iter()
            .any(|(at, what)| of_port(&name[at + what.len()..]))
}
