//! Every setting, once.

/// The prefix of every variable.
pub(crate) const PREFIX: &str = "AUTH_MICROSERVICE_";

/// One setting.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its name without the prefix.
    pub(crate) name: &'static str,
    /// Names without prefix that are read too.
    pub(crate) bare: &'static [&'static str],
    /// Whether its value is never shown; `NAME_FILE` then names a file with it.
    pub(crate) secret: bool,
    /// What it is when nothing sets it, as text.
    pub(crate) default: &'static str,
    /// What it means, with the unit.
    pub(crate) meaning: &'static str,
}

const fn plain(name: &'static str, default: &'static str, meaning: &'static str) -> Entry {
    Entry {
        name,
        bare: &[],
        secret: false,
        default,
        meaning,
    }
}

const fn secret(name: &'static str, bare: &'static [&'static str], meaning: &'static str) -> Entry {
    Entry {
        name,
        bare,
        secret: true,
        default: "",
        meaning,
    }
}

/// All settings, in the order in which they are shown.
pub(crate) const TABLE: &[Entry] = &[
    plain(
        "ENVIRONMENT",
        "production",
        "`production`, `development` or `test`; any other value counts as production",
    ),
    plain("HOST", "127.0.0.1", "The address to listen on"),
    plain(
        "PORT",
        "8000",
        "The port to listen on; 0 takes any free one",
    ),
    plain(
        "HTTP_WORKERS",
        "",
        "Threads that serve requests; unset: one a processor",
    ),
    plain(
        "DRAIN_SECONDS",
        "8",
        "Seconds that requests in flight get at shutdown",
    ),
    plain(
        "REQUEST_TIMEOUT_SECONDS",
        "30",
        "Seconds that a request may take",
    ),
    plain(
        "BODY_LIMIT_BYTES",
        "1048576",
        "The largest request body, in bytes",
    ),
    plain(
        "PUBLIC_URL",
        "",
        "Where clients reach the service; `https` turns HSTS on",
    ),
    plain(
        "CORS_ORIGINS",
        "",
        "Origins that browsers may call from, separated by commas",
    ),
    plain(
        "TRUSTED_PROXIES",
        "",
        "Networks whose `X-Forwarded-For` is believed, separated by commas",
    ),
    plain(
        "LOG_LEVEL",
        "INFO",
        "`DEBUG`, `INFO`, `WARNING`, `ERROR`, or filter directives such as `info,auth_http=debug`",
    ),
    plain(
        "LOG_FORMAT",
        "",
        "`json` or `text`; unset: text in development, else json",
    ),
    plain(
        "DATA_DIR",
        "./data",
        "Where embedded mode keeps its database and secrets",
    ),
    plain(
        "SQLITE_READERS",
        "4",
        "Connections that read the embedded database at once",
    ),
    plain(
        "DB_HOST",
        "",
        "PostgreSQL's host; setting any `DB_*` chooses PostgreSQL",
    ),
    plain("DB_PORT", "5432", "PostgreSQL's port"),
    plain("DB_USER", "auth_microservice", "PostgreSQL's user"),
    secret(
        "DB_PASS",
        &[],
        "PostgreSQL's password (default `auth_microservice`)",
    ),
    plain("DB_BASE", "admin", "PostgreSQL's database"),
    plain(
        "DB_MAX_CONNECTIONS",
        "10",
        "Connections to PostgreSQL of one process",
    ),
    secret(
        "JWT_SECRET_KEY",
        &["JWT_SECRET_KEY", "USERS_SECRET"],
        "Signs access tokens, at least 32 bytes; embedded mode makes one",
    ),
    plain(
        "JWT_ALGORITHM",
        "HS256",
        "How access tokens are signed; only HS256 in this build",
    ),
    plain(
        "JWT_ISSUER",
        "",
        "`iss` of access tokens; unset: the public URL or `auth-microservice`",
    ),
    plain(
        "JWT_AUDIENCE",
        "auth-microservice",
        "`aud` of access tokens; set to nothing: none",
    ),
    plain(
        "JWT_ACCESS_TOKEN_EXPIRES_MINUTES",
        "15",
        "Minutes that an access token lives",
    ),
    plain(
        "LEGACY_ACCESS_TOKEN_EXPIRES_MINUTES",
        "1440",
        "Minutes that the session of a legacy login lives",
    ),
    plain(
        "JWT_REFRESH_TOKEN_EXPIRES_MINUTES",
        "20160",
        "Minutes that a session lives after its last refresh",
    ),
    plain(
        "SESSION_ABSOLUTE_EXPIRES_MINUTES",
        "129600",
        "Minutes that a session lives at most",
    ),
    secret(
        "INTERNAL_API_SECRET",
        &["INTERNAL_API_SECRET"],
        "`X-Internal-Secret` of other services; embedded mode makes one",
    ),
    secret(
        "BOOTSTRAP_SECRET",
        &["BOOTSTRAP_SECRET"],
        "`X-Bootstrap-Secret`; embedded mode makes one",
    ),
    secret(
        "METRICS_INGEST_SECRET",
        &["METRICS_INGEST_SECRET"],
        "`X-Internal-Secret` of metrics ingestion",
    ),
    secret(
        "METRICS_SCRAPE_TOKEN",
        &[],
        "The bearer token that reads `/metrics`; unset: anybody does",
    ),
    plain(
        "ARGON2_MEMORY_KIB",
        "19456",
        "Memory of one password hash, in KiB",
    ),
    plain("ARGON2_ITERATIONS", "2", "Passes of one password hash"),
    plain("ARGON2_LANES", "1", "Lanes of one password hash"),
    plain(
        "HASH_THREADS",
        "",
        "Threads that hash passwords; unset: one a processor",
    ),
    plain(
        "HASH_QUEUE",
        "64",
        "Passwords that wait for a thread before a request is refused with 503",
    ),
    plain(
        "POLICY_POLL_MS",
        "250",
        "Milliseconds between polls of policy revisions",
    ),
    plain(
        "POLICY_LEASE_MS",
        "1000",
        "Milliseconds that a policy is used without being confirmed",
    ),
    plain(
        "POLICY_CACHE_ORGANIZATIONS",
        "1000",
        "Organizations whose compiled policy is kept in memory",
    ),
];

/// Variables whose adapter is not in this build, by their beginning.
pub(crate) const NOT_IN_THIS_BUILD: &[&str] = &["REDIS_", "RABBIT_", "MONGODB_", "CASDOOR_"];

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
    "PASSWORD_RESET_TOKEN_EXPIRES_MINUTES",
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
