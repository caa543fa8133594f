//! Names and values that are known without being settings.

/// Variables whose adapter is not in this build, by their beginning.
pub(crate) const NOT_IN_THIS_BUILD: &[&str] = &[
    "RABBIT_",
    "MONGODB_",
    "CASDOOR_",
    "SMTP_",
    "METRICS_INGEST_",
];

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
