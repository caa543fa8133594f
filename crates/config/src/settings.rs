//! The settings as the service uses them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use crate::load::{Notice, Reader, SettingsErrors, notices};
use crate::sources::Sources;
use crate::table::{NOT_IN_THIS_BUILD, PREFIX, TABLE};

/// What the installation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Real users.
    Production,
    /// A developer's machine: secrets may be weak, logs are text.
    Development,
    /// Automatic tests.
    Test,
}

/// The form of log entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One line for a person.
    Text,
}

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the installation is for.
    pub environment: Environment,
    /// Where to listen, and how to end.
    pub listen: Listen,
    /// The HTTP edge.
    pub http: Http,
    /// Logs.
    pub logs: Logs,
    /// Which database.
    pub database: Database,
    /// Tokens and sessions.
    pub tokens: Tokens,
    /// Secrets, as far as they are set.
    pub secrets: SharedSecrets,
    /// Metrics.
    pub metrics: Metrics,
    /// Password hashing.
    pub argon2: Argon2,
    /// Decisions.
    pub policy: Policy,
    described: Vec<Described>,
}

/// Where to listen, and how to end.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Host name or address.
    pub host: String,
    /// Port; 0: any free one.
    pub port: u16,
    /// Threads that serve requests.
    pub workers: usize,
    /// How long requests in flight get at shutdown.
    pub drain: Duration,
}

/// The HTTP edge.
#[derive(Debug, Clone)]
pub struct Http {
    /// Where clients reach the service.
    pub public_url: Option<Url>,
    /// Origins that browsers may call from.
    pub cors_origins: Vec<String>,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a request may take.
    pub request_timeout: Duration,
}

/// Logs.
#[derive(Debug, Clone)]
pub struct Logs {
    /// Filter directives.
    pub filter: String,
    /// The form.
    pub format: LogFormat,
}

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

/// Tokens and sessions.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// `iss`.
    pub issuer: String,
    /// `aud`; `None`: none.
    pub audience: Option<String>,
    /// Life of an access token.
    pub access: Duration,
    /// Life of a legacy login.
    pub legacy_access: Duration,
    /// Life of a session after its last refresh.
    pub refresh: Duration,
    /// Life of a session at most.
    pub absolute: Duration,
}

/// Secrets, as far as they are set.
#[derive(Debug, Clone)]
pub struct SharedSecrets {
    /// Signs access tokens.
    pub token_key: Option<SecretString>,
    /// `X-Internal-Secret`.
    pub internal: Option<SecretString>,
    /// `X-Bootstrap-Secret`.
    pub bootstrap: Option<SecretString>,
    /// `X-Internal-Secret` of metrics ingestion.
    pub metrics_ingest: Option<SecretString>,
}

/// Metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// The bearer token that reads them.
    pub scrape_token: Option<SecretString>,
}

/// Password hashing.
#[derive(Debug, Clone, Copy)]
pub struct Argon2 {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub iterations: u32,
    /// Lanes.
    pub lanes: u32,
    /// Threads.
    pub threads: usize,
    /// How many wait for a thread.
    pub queue: usize,
}

/// Decisions.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Time between polls of revisions.
    pub poll: Duration,
    /// How long a policy is used without being confirmed.
    pub lease: Duration,
    /// Organizations whose policy is kept in memory.
    pub cache_organizations: usize,
}

/// A line of `config print`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// What: a variable, or a choice.
    pub name: String,
    /// Its value, never that of a secret.
    pub value: String,
    /// Where it came from, or why.
    pub origin: String,
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.name, self.value, self.origin)
    }
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

impl Settings {
    /// Reads and checks all settings; on problems answers all of them.
    pub fn load(sources: &Sources) -> Result<(Self, Vec<Notice>), SettingsErrors> {
        let mut reader = Reader::new(sources);
        let settings = read(&mut reader, sources);
        if reader.errors.is_empty() {
            Ok((settings, notices(sources)))
        } else {
            Err(SettingsErrors(reader.errors))
        }
    }

    /// Every setting with its value and where it came from, and which adapter
    /// was chosen and why.
    pub fn describe(&self) -> &[Described] {
        &self.described
    }
}

fn read(reader: &mut Reader<'_>, sources: &Sources) -> Settings {
    let environment = environment(reader.text("ENVIRONMENT").as_deref());
    let strict = environment == Environment::Production;
    let database = database(reader, sources);
    let public_url: Option<Url> = reader.parsed("PUBLIC_URL", "an absolute URL");
    let algorithm = reader.text("JWT_ALGORITHM").unwrap_or_default();
    if algorithm != "HS256" {
        reader.problem(
            "JWT_ALGORITHM",
            format_args!("{algorithm:?} is not in this build: use HS256"),
        );
    }
    let secrets = SharedSecrets {
        token_key: reader.secret("JWT_SECRET_KEY", strict),
        internal: reader.secret("INTERNAL_API_SECRET", strict),
        bootstrap: reader.secret("BOOTSTRAP_SECRET", strict),
        metrics_ingest: reader.secret("METRICS_INGEST_SECRET", strict),
    };
    if secrets.token_key.is_none() && !database.is_embedded() {
        reader.problem(
            "JWT_SECRET_KEY",
            "is needed on PostgreSQL: set a random value of at least 32 bytes",
        );
    }
    let default_issuer = || {
        public_url.as_ref().map_or("auth-microservice".into(), |u| {
            u.as_str().trim_end_matches('/').to_owned()
        })
    };
    Settings {
        environment,
        listen: listen(reader),
        tokens: Tokens {
            issuer: reader.text("JWT_ISSUER").unwrap_or_else(default_issuer),
            audience: reader.text_or_none("JWT_AUDIENCE"),
            access: minutes(reader, "JWT_ACCESS_TOKEN_EXPIRES_MINUTES"),
            legacy_access: minutes(reader, "LEGACY_ACCESS_TOKEN_EXPIRES_MINUTES"),
            refresh: minutes(reader, "JWT_REFRESH_TOKEN_EXPIRES_MINUTES"),
            absolute: minutes(reader, "SESSION_ABSOLUTE_EXPIRES_MINUTES"),
        },
        http: Http {
            cors_origins: reader.list("CORS_ORIGINS", "a list of origins"),
            trusted_proxies: proxies(reader),
            body_limit: size(reader.number("BODY_LIMIT_BYTES", 1024, 64 << 20)),
            request_timeout: Duration::from_secs(reader.number("REQUEST_TIMEOUT_SECONDS", 1, 3600)),
            public_url,
        },
        logs: logs(reader, environment),
        metrics: Metrics {
            scrape_token: reader.secret("METRICS_SCRAPE_TOKEN", strict),
        },
        argon2: Argon2 {
            memory_kib: small(reader.number("ARGON2_MEMORY_KIB", 8, 4 << 20)),
            iterations: small(reader.number("ARGON2_ITERATIONS", 1, 100)),
            lanes: small(reader.number("ARGON2_LANES", 1, 64)),
            threads: threads(reader, "HASH_THREADS"),
            queue: size(reader.number("HASH_QUEUE", 1, 100_000)),
        },
        policy: Policy {
            poll: Duration::from_millis(reader.number("POLICY_POLL_MS", 10, 60_000)),
            lease: Duration::from_millis(reader.number("POLICY_LEASE_MS", 50, 60_000)),
            cache_organizations: size(reader.number("POLICY_CACHE_ORGANIZATIONS", 1, 1_000_000)),
        },
        described: describe(sources, &database),
        secrets,
        database,
    }
}

fn environment(name: Option<&str>) -> Environment {
    match name.unwrap_or_default().to_lowercase().as_str() {
        "development" | "dev" => Environment::Development,
        "test" | "pytest" => Environment::Test,
        _ => Environment::Production,
    }
}

fn listen(reader: &mut Reader<'_>) -> Listen {
    Listen {
        host: reader.text("HOST").unwrap_or_default(),
        port: u16::try_from(reader.number("PORT", 0, 65_535)).unwrap_or_default(),
        workers: threads(reader, "HTTP_WORKERS"),
        drain: Duration::from_secs(reader.number("DRAIN_SECONDS", 0, 600)),
    }
}

fn logs(reader: &mut Reader<'_>, environment: Environment) -> Logs {
    let level = reader.text("LOG_LEVEL").unwrap_or_default();
    let filter = match level.to_uppercase().as_str() {
        "NOTSET" => "trace".to_owned(),
        "WARNING" => "warn".to_owned(),
        "FATAL" => "error".to_owned(),
        "DEBUG" | "INFO" | "ERROR" => level.to_lowercase(),
        _ => level,
    };
    let format = reader.text("LOG_FORMAT");
    let format = match format.as_deref() {
        Some("text") => LogFormat::Text,
        None if environment == Environment::Development => LogFormat::Text,
        Some("json") | None => LogFormat::Json,
        Some(other) => {
            let text = format!("must be json or text, and is {other:?}");
            reader.problem("LOG_FORMAT", text);
            LogFormat::Json
        }
    };
    Logs { filter, format }
}

/// The settings whose presence chooses PostgreSQL.
const POSTGRES: [&str; 5] = ["DB_HOST", "DB_PORT", "DB_USER", "DB_PASS", "DB_BASE"];

fn chosen_by(sources: &Sources) -> Vec<&'static str> {
    let set = |name: &&str| sources.is_set(name) || sources.is_set(&format!("{name}_FILE"));
    POSTGRES.into_iter().filter(set).collect()
}

fn database(reader: &mut Reader<'_>, sources: &Sources) -> Database {
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

/// Networks; a single address is the network of just that address.
fn proxies(reader: &mut Reader<'_>) -> Vec<IpNet> {
    let texts: Vec<String> = reader.list("TRUSTED_PROXIES", "a list of networks");
    let mut networks = Vec::new();
    for text in texts {
        let network = text
            .parse()
            .ok()
            .or_else(|| text.parse().ok().map(|ip: std::net::IpAddr| ip.into()));
        match network {
            Some(network) => networks.push(network),
            None => reader.problem(
                "TRUSTED_PROXIES",
                format_args!("{text:?} is no network such as 10.0.0.0/8"),
            ),
        }
    }
    networks
}

fn minutes(reader: &mut Reader<'_>, name: &'static str) -> Duration {
    Duration::from_secs(60 * reader.number(name, 1, 5_256_000))
}

fn threads(reader: &mut Reader<'_>, name: &'static str) -> usize {
    let given: Option<usize> = reader.parsed(name, "a whole number from 1 to 1024");
    if given.is_some_and(|n| !(1..=1024).contains(&n)) {
        reader.problem(name, "must be a whole number from 1 to 1024");
    }
    given.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from))
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn describe(sources: &Sources, database: &Database) -> Vec<Described> {
    let line = |name: &str, value: String, origin: String| Described {
        name: name.into(),
        value,
        origin,
    };
    let (value, why) = match database {
        Database::Sqlite(sqlite) => (
            format!("SQLite in {}", sqlite.data_dir.display()),
            format!("because no {PREFIX}DB_* is set"),
        ),
        Database::Postgres(postgres) => (
            format!(
                "PostgreSQL {} at {}:{}",
                postgres.database, postgres.host, postgres.port
            ),
            format!("because {} is set", chosen_by(sources).join(", ")),
        ),
    };
    let mut lines = vec![line("database", value, why)];
    for beginning in NOT_IN_THIS_BUILD {
        let set = sources
            .unread()
            .iter()
            .any(|name| name.starts_with(beginning));
        let value = if set {
            "set, but not in this build"
        } else {
            "not in this build"
        };
        let name = beginning.trim_end_matches('_').to_lowercase();
        lines.push(line(&name, value.into(), format!("{PREFIX}{beginning}*")));
    }
    for entry in TABLE {
        let found = sources
            .find(entry, "")
            .or_else(|| sources.find(entry, "_FILE"));
        let origin = found.as_ref().map_or("default", |found| found.origin);
        let value = match found {
            Some(_) if entry.secret => "(redacted)".to_owned(),
            Some(found) if !found.value.is_empty() => found.value,
            _ if entry.default.is_empty() => "(unset)".to_owned(),
            _ => entry.default.to_owned(),
        };
        lines.push(line(
            &format!("{PREFIX}{}", entry.name),
            value,
            origin.into(),
        ));
    }
    lines
}
