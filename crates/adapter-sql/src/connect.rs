//! Opening the connection pools.

use std::time::Duration;

use auth_domain::error::PortError;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions as _, Connection as _};
use sea_orm::{ConnectOptions, Database, DbErr, RuntimeErr};
use secrecy::ExposeSecret as _;

use crate::errors::port_error;
use crate::pool::{Pool, Suspicion};
use crate::{PostgresOptions, SqliteOptions, TlsMode};

/// How long a statement waits for the write lock of another process.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a transaction waits for the one writer of this process.
const SQLITE_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a PostgreSQL connection may lie idle before it is closed: shorter
/// than firewalls and balancers usually forget one (240 seconds and up).
const POSTGRES_IDLE: Duration = Duration::from_mins(3);
/// How long a first connection, which tells why there is none, may take.
const POSTGRES_CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The server asks a silent client whether it is there (PostgreSQL's
/// documentation, section 20.3.2): after so many seconds, so often. It keeps the
/// way open on firewalls between, and ends sessions whose client vanished.
const POSTGRES_KEEP_ALIVE: [(&str, &str); 3] = [
    ("tcp_keepalives_idle", "60"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
];

pub(crate) async fn postgres(options: PostgresOptions) -> Result<Pool, PortError> {
    let suspicion = Suspicion::default();
    let mut connect = ConnectOptions::new("postgres://");
    let (statement_timeout, tested) = (options.statement_timeout, suspicion.clone());
    connect
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(POSTGRES_IDLE)
        .test_before_acquire(false)
        .map_sqlx_postgres_before_acquire(move |conn, lain| {
            let tested = tested.clone();
            Box::pin(async move { tested.test(conn, lain.idle_for).await })
        })
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    let server = server(&options, statement_timeout);
    check(&server).await?;
    connect.map_sqlx_postgres_opts(move |_| server.clone());
    let conn = Database::connect(connect).await.map_err(port_error)?;
    Ok(Pool::new(conn, suspicion))
}

fn server(options: &PostgresOptions, statement_timeout: Duration) -> PgConnectOptions {
    let statement_timeout = statement_timeout.as_millis().to_string();
    let mut server = PgConnectOptions::new_without_pgpass()
        .host(&options.host)
        .port(options.port)
        .username(&options.user)
        .database(&options.database)
        .application_name("auth-microservice")
        .ssl_mode(match options.tls {
            TlsMode::Disable => PgSslMode::Disable,
            TlsMode::Prefer => PgSslMode::Prefer,
            TlsMode::Require => PgSslMode::Require,
            TlsMode::VerifyCa => PgSslMode::VerifyCa,
            TlsMode::VerifyFull => PgSslMode::VerifyFull,
        })
        .options(POSTGRES_KEEP_ALIVE)
        .options([("statement_timeout", statement_timeout)])
        .disable_statement_logging();
    if let Some(password) = &options.password {
        server = server.password(password.expose_secret());
    }
    if let Some(certificates) = &options.root_certificate {
        server = server.ssl_root_cert(certificates);
    }
    server
}

/// Makes one connection outside of the pool, which would say only that it timed
/// out, and looks whether the database can keep every text.
async fn check(server: &PgConnectOptions) -> Result<(), PortError> {
    let encoding = one_value(server, "SHOW server_encoding").await?;
    if encoding == "UTF8" {
        return Ok(());
    }
    let text = format!(
        "the encoding of the database is {encoding} and must be UTF8: make it with `createdb \
         --encoding UTF8 --template template0`"
    );
    Err(PortError::Backend(text.into()))
}

/// Asks on a connection of its own, and ends it.
pub(crate) async fn one_value(
    server: &PgConnectOptions,
    query: &'static str,
) -> Result<String, PortError> {
    let asked = async {
        let mut conn = server.connect().await?;
        let value = sea_orm::sqlx::query_scalar::<_, String>(query)
            .fetch_one(&mut conn)
            .await;
        let _ends_anyway = conn.close().await;
        value
    };
    let late = || {
        let seconds = POSTGRES_CONNECT_WITHIN.as_secs();
        PortError::Unavailable(format!("no answer within {seconds} seconds").into())
    };
    let value = tokio::time::timeout(POSTGRES_CONNECT_WITHIN, asked).await;
    value
        .map_err(|_late| late())?
        .map_err(|error| port_error(DbErr::Conn(RuntimeErr::SqlxError(error.into()))))
}

/// The one connection that writes. It makes the file and puts it in WAL mode.
pub(crate) async fn sqlite_writer(options: &SqliteOptions) -> Result<Pool, PortError> {
    sqlite(options, 1, |driver| {
        driver
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
    })
    .await
}

/// The connections that only read, while the writer writes.
pub(crate) async fn sqlite_readers(options: &SqliteOptions) -> Result<Pool, PortError> {
    sqlite(options, options.readers.max(1), |driver| {
        driver.pragma("query_only", "ON")
    })
    .await
}

async fn sqlite(
    options: &SqliteOptions,
    connections: u32,
    set: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> Result<Pool, PortError> {
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
    let conn = Database::connect(connect).await.map_err(port_error)?;
    Ok(Pool::new(conn, Suspicion::default()))
}
