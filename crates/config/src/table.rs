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
        "Where embedded mode keeps its database and secrets; mail goes to `mail` in it",
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
    plain(
        "REDIS_HOST",
        "",
        "Redis' host; unset: caches and limits live in each process",
    ),
    plain("REDIS_PORT", "6379", "Redis' port"),
    plain("REDIS_USER", "", "Redis' user; unset: the default one"),
    secret("REDIS_PASS", &[], "Redis' password"),
    plain("REDIS_BASE", "0", "The number of Redis' database"),
    plain(
        "REDIS_TIMEOUT_MS",
        "250",
        "Milliseconds that a command to Redis may take",
    ),
    secret(
        "JWT_SECRET_KEY",
        &["JWT_SECRET_KEY", "USERS_SECRET"],
        "Signs access tokens by HS256, at least 32 bytes; embedded mode makes one",
    ),
    plain(
        "JWT_ALGORITHM",
        "",
        "`HS256` or `EdDSA`; unset: `EdDSA` if there is an Ed25519 key, else `HS256`",
    ),
    secret(
        "JWT_ED25519_PRIVATE_KEY",
        &[],
        "Signs access tokens by EdDSA: PEM (PKCS#8); HS256 tokens stay accepted while `JWT_SECRET_KEY` is set",
    ),
    plain(
        "JWT_ACCEPTED_PUBLIC_KEYS_FILE",
        "",
        "A file of Ed25519 public keys in PEM whose tokens are accepted too",
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
    plain(
        "SESSION_CACHE_MS",
        "0",
        "Milliseconds that the gate may use what it read of a session; 0: never",
    ),
    plain(
        "PASSWORD_RESET_TOKEN_EXPIRES_MINUTES",
        "60",
        "Minutes that the token of a password reset lives",
    ),
    plain(
        "EMAIL_VERIFICATION_TOKEN_EXPIRES_MINUTES",
        "1440",
        "Minutes that the token of an e-mail verification lives",
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
        "LIMIT_LOGIN_PAIR",
        "10",
        "Failed sign-ins to one account from one address in 15 minutes; 0: no limit",
    ),
    plain(
        "LIMIT_LOGIN_ACCOUNT",
        "100",
        "Failed sign-ins to one account in 15 minutes; 0: no limit",
    ),
    plain(
        "LIMIT_LOGIN_ADDRESS",
        "100",
        "Failed sign-ins from one address in 15 minutes; 0: no limit",
    ),
    plain(
        "LIMIT_REGISTRATION",
        "100",
        "Registrations from one address in an hour; 0: no limit",
    ),
    plain(
        "LIMIT_FORGOTTEN_PASSWORD",
        "100",
        "Requests for a password reset from one address in an hour; 0: no limit",
    ),
    plain(
        "LIMIT_PASSWORD_RESET",
        "5",
        "Password resets of one account in an hour; 0: no limit",
    ),
    plain(
        "LIMIT_WRONG_TOKEN",
        "20",
        "Wrong one-time tokens from one address in 15 minutes; 0: no limit",
    ),
    plain(
        "LIMIT_ROTATION",
        "60",
        "Refreshes of one session in a minute; 0: no limit",
    ),
    plain(
        "LIMIT_WRONG_SECRET",
        "20",
        "Wrong shared secrets from one address in 15 minutes; 0: no limit",
    ),
    plain(
        "FAILED_LOGIN_ALERT_AFTER",
        "5",
        "Failed sign-ins in 15 minutes that raise a security alert; 0: never",
    ),
    plain(
        "MAIL_TRANSPORT",
        "file",
        "How mail goes out; only `file` in this build: into `mail` in `DATA_DIR`",
    ),
    plain(
        "MAIL_FROM",
        "auth-microservice@localhost.localdomain",
        "`From` of mail: an address, or `Name <address>`",
    ),
    plain(
        "MAIL_RESET_URL",
        "",
        "The page that sets a new password, http or https; the token becomes its fragment",
    ),
    plain(
        "MAIL_VERIFY_URL",
        "",
        "The page that verifies an address, http or https; the token becomes its fragment",
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
        "10000",
        "Organizations whose compiled policy is kept in memory",
    ),
];
