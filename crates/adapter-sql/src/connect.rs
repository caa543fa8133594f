//! Opening the connection pools.

use std::time::Duration;

use auth_domain::error::PortError;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use secrecy::ExposeSecret as _;

use crate::errors::port_error;
use crate::{PostgresOptions, SqliteOptions};

/// How long a statement waits for the write lock of another process.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a transaction waits for the one writer of this process.
const SQLITE_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A PostgreSQL connection that lay idle for this long is tested before use.
const POSTGRES_TEST_AFTER_IDLE: Duration = Duration::from_secs(30);

pub(crate) async fn postgres(options: PostgresOptions) -> Result<DatabaseConnection, PortError> {
    let mut connect = ConnectOptions::new("postgres://");
    connect
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .statement_timeout(options.statement_timeout)
        .test_before_acquire_if_idle_for(POSTGRES_TEST_AFTER_IDLE)
        .set_application_name("auth-microservice")
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_postgres_opts(move |driver| {
            let driver = driver
                .host(&options.host)
                .port(options.port)
                .username(&options.user)
                .database(&options.database);
            match &options.password {
                Some(password) => driver.password(password.expose_secret()),
                None => driver,
            }
        });
    Database::connect(connect).await.map_err(port_error)
}

/// The one connection that writes. It makes the file and puts it in WAL mode.
pub(crate) async fn sqlite_writer(
    options: &SqliteOptions,
) -> Result<DatabaseConnection, PortError> {
    sqlite(options, 1, |driver| {
        driver
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
    })
    .await
}

/// The connections that only read, while the writer writes.
pub(crate) async fn sqlite_readers(
    options: &SqliteOptions,
) -> Result<DatabaseConnection, PortError> {
    sqlite(options, options.readers.max(1), |driver| {
        driver.pragma("query_only", "ON")
    })
    .await
}

async fn sqlite(
    options: &SqliteOptions,
    connections: u32,
    set: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> Result<DatabaseConnection, PortError> {
    let path = options.path.clone();
    let mut connect = ConnectOptions::new("sqlite:");
    connect
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(SQLITE_ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |driver| {
            let driver = driver
                .filename(&path)
                .foreign_keys(true)
                .busy_timeout(SQLITE_BUSY_TIMEOUT);
            set(driver)
        });
    Database::connect(connect).await.map_err(port_error)
}
