//! Names and values that are known without being settings.

/// Variables whose adapter is not in this build, by their beginning.
pub(crate) const NOT_IN_THIS_BUILD: &[&str] = &["RABBIT_", "MONGODB_", "CASDOOR_", "SMTP_"];

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

/// Values of secrets that everybody knows.
pub(crate) const KNOWN_SECRETS: &[&str] = &[
    "change-me",
    "changeme",
    "secret",
    "password",
    "auth_microservice",
    "test",
    "admin",
];
