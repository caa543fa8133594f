//! The settings as the service uses them.

mod describe;
mod edge;
mod limits;
mod mail;
mod stores;
mod tokens;

use std::time::Duration;

use crate::load::{Notice, Reader, SettingsErrors, notices};
use crate::sources::Sources;

pub use self::describe::Described;
pub use self::edge::{Http, Listen, LogFormat, Logs, Metrics};
pub use self::limits::Limits;
pub use self::mail::Mail;
pub use self::stores::{Database, Postgres, Redis, Sqlite};
pub use self::tokens::{SharedSecrets, TokenAlgorithm, Tokens};

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
    /// Redis; `None`: caches and counts stay in this process.
    pub redis: Option<Redis>,
    /// How often something may happen.
    pub limits: Limits,
    /// How many failed sign-ins in 15 minutes raise a security alert; 0: none
    /// does.
    pub failed_login_alert_after: u32,
    /// Mail.
    pub mail: Mail,
    described: Vec<Described>,
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

impl Settings {
    /// Reads and checks all settings; on problems answers all of them.
    pub fn load(sources: &Sources) -> Result<(Self, Vec<Notice>), SettingsErrors> {
        let mut reader = Reader::new(sources);
        let mut settings = read(&mut reader, sources);
        if !reader.errors.is_empty() {
            return Err(SettingsErrors(reader.errors));
        }
        settings.described = describe::describe(sources, &settings);
        let mut all = reader.notices;
        all.extend(notices(sources));
        Ok((settings, all))
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
    let database = stores::database(reader, sources);
    let http = edge::http(reader);
    let secrets = tokens::secrets(reader, strict);
    let tokens = tokens::tokens(reader, sources, http.public_url.as_ref());
    let shared = secrets.token_key.as_ref();
    tokens::check_keys(
        reader,
        sources,
        tokens.algorithm,
        shared,
        database.is_embedded(),
    );
    Settings {
        environment,
        listen: edge::listen(reader),
        http,
        logs: edge::logs(reader, environment),
        database,
        tokens,
        secrets,
        metrics: Metrics {
            scrape_token: reader.secret("METRICS_SCRAPE_TOKEN", strict),
        },
        argon2: argon2(reader),
        policy: policy(reader),
        redis: stores::redis(reader, sources),
        limits: limits::limits(reader),
        failed_login_alert_after: limits::failed_login_alert_after(reader),
        mail: mail::mail(reader),
        described: Vec::new(),
    }
}

fn environment(name: Option<&str>) -> Environment {
    match name.unwrap_or_default().to_lowercase().as_str() {
        "development" | "dev" => Environment::Development,
        "test" | "pytest" => Environment::Test,
        _ => Environment::Production,
    }
}

fn argon2(reader: &mut Reader<'_>) -> Argon2 {
    Argon2 {
        memory_kib: small(reader.number("ARGON2_MEMORY_KIB", 8, 4 << 20)),
        iterations: small(reader.number("ARGON2_ITERATIONS", 1, 100)),
        lanes: small(reader.number("ARGON2_LANES", 1, 64)),
        threads: threads(reader, "HASH_THREADS"),
        queue: size(reader.number("HASH_QUEUE", 1, 100_000)),
    }
}

fn policy(reader: &mut Reader<'_>) -> Policy {
    Policy {
        poll: Duration::from_millis(reader.number("POLICY_POLL_MS", 10, 60_000)),
        lease: Duration::from_millis(reader.number("POLICY_LEASE_MS", 50, 60_000)),
        cache_organizations: size(reader.number("POLICY_CACHE_ORGANIZATIONS", 1, 1_000_000)),
    }
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
