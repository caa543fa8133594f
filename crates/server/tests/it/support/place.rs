//! An installation: its settings, and what outlives a restart.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use auth_testkit::postgres::TestDatabase;
use auth_testkit::redis::{RedisAddress, TestRedisDatabase};
use auth_testkit::sqlite;
use tempfile::TempDir;

use super::{BOOTSTRAP, CountedStatements, JWT_KEY, SECRET, Server};

/// Which servers a test runs the service on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// None: a file, and the twins of Redis in the process.
    Embedded,
    /// PostgreSQL and Redis.
    Postgres,
}

/// The place of an installation: what outlives a restart.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    pub(crate) env: HashMap<String, String>,
    database: Option<TestDatabase>,
    redis: Option<TestRedisDatabase>,
}

impl Place {
    pub(crate) async fn new(mode: Mode) -> Self {
        if mode == Mode::Embedded {
            return Self::empty();
        }
        let redis = TestRedisDatabase::empty().await;
        let mut place = Self::on_redis(redis.address()).await;
        place.redis = Some(redis);
        place
    }

    /// A place on PostgreSQL and a Redis that the test keeps.
    pub(crate) async fn on_redis(redis: &RedisAddress) -> Self {
        let mut place = Self::empty();
        let database = TestDatabase::migrated().await;
        place.env.extend(database_env(&database));
        place.env.extend(redis_env(redis));
        place.database = Some(database);
        place
    }

    fn empty() -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
            env: HashMap::new(),
            database: None,
            redis: None,
        };
        place
            .with("JWT_SECRET_KEY", JWT_KEY)
            .with("INTERNAL_API_SECRET", SECRET)
            .with("BOOTSTRAP_SECRET", BOOTSTRAP)
            // Cheap hashes: these tests are not about their strength.
            .with("ARGON2_MEMORY_KIB", "64")
            .with("ARGON2_ITERATIONS", "1")
    }

    /// The same place with one more setting, named without its prefix.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Lets the service reach PostgreSQL through a proxy that counts.
    pub(crate) fn counted(&mut self) -> CountedStatements {
        let server = self.database.as_ref().unwrap().server();
        let counted = CountedStatements::before(&server.host, server.port);
        self.set("DB_HOST", "127.0.0.1");
        self.set("DB_PORT", &counted.port.to_string());
        counted
    }

    /// Changes a setting, named without its prefix, for the next start.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.env.extend([set(name, value)]);
    }

    /// The same place behind a proxy: a client says where it comes from, see
    /// [`Api::from`](super::Api::from).
    pub(crate) fn behind_proxy(self) -> Self {
        self.with("TRUSTED_PROXIES", "127.0.0.0/8")
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Runs statements on the database, past the service.
    pub(crate) async fn execute(&self, sql: &str) {
        match &self.database {
            Some(database) => database.execute(sql).await,
            None => sqlite::execute(&self.data_dir().join("auth.sqlite"), sql).await,
        }
    }

    /// What a query finds, past the service: the columns of each row with `|`
    /// between them.
    pub(crate) async fn look(&self, sql: &str) -> Vec<String> {
        match &self.database {
            Some(database) => database.look(sql).await,
            None => sqlite::look(&self.data_dir().join("auth.sqlite"), sql).await,
        }
    }

    /// How many rows that is: `sql` goes on after `SELECT count(*) FROM`.
    pub(crate) async fn count(&self, sql: &str) -> u64 {
        let rows = self.look(&format!("SELECT count(*) FROM {sql}")).await;
        rows[0].parse().unwrap()
    }

    /// Redis loses its memory, where there is one.
    pub(crate) fn flush_redis(&self) {
        if let Some(redis) = &self.redis {
            redis.flush();
        }
    }

    /// A command of the program `auth-microservice`, with this place's
    /// settings and nothing of the environment around.
    pub(crate) fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_auth-microservice"))
    }

    pub(crate) fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(&self.env)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let mut command = self.command();
        command.args(args).arg("--data-dir").arg(self.data_dir());
        command.output().unwrap()
    }

    /// Starts the service on a free port and waits until it listens.
    pub(crate) fn start(&self) -> Server {
        let mut command = self.command();
        command.args(["serve", "--port", "0", "--data-dir"]);
        command.arg(self.data_dir());
        Server::spawn(command).unwrap_or_else(|lines| panic!("no start: {lines:#?}"))
    }
}

fn database_env(database: &TestDatabase) -> HashMap<String, String> {
    let server = database.server();
    HashMap::from([
        set("DB_HOST", &server.host),
        set("DB_PORT", &server.port.to_string()),
        set("DB_USER", &server.user),
        set("DB_PASS", server.password.as_deref().unwrap_or("unused")),
        set("DB_BASE", &server.database),
        set("DB_MAX_CONNECTIONS", "4"),
    ])
}

fn redis_env(redis: &RedisAddress) -> HashMap<String, String> {
    let mut env = HashMap::from([
        set("REDIS_HOST", &redis.host),
        set("REDIS_PORT", &redis.port.to_string()),
        set("REDIS_BASE", &redis.database.to_string()),
    ]);
    let user = redis.user.as_deref().map(|user| set("REDIS_USER", user));
    env.extend(user);
    let password = redis.password.as_deref();
    env.extend(password.map(|password| set("REDIS_PASS", password)));
    env
}

fn set(name: &str, value: &str) -> (String, String) {
    (format!("AUTH_MICROSERVICE_{name}"), value.to_owned())
}
