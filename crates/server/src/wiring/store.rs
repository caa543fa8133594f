//! The database that the settings name, and its schema.

use std::time::Duration;

use auth_config::Settings;
use auth_sql::{MigrationState, PostgresOptions, SqlStore, SqliteOptions, TlsMode};

use super::DataDir;
use crate::Failure;

/// How long a request waits for a connection before it is a 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long PostgreSQL works on one statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the database. In embedded mode the data directory is made.
pub(crate) async fn connect_store(settings: &Settings) -> Result<SqlStore, Failure> {
    let connected = match &settings.postgres {
        None => {
            let dir = DataDir::open(&settings.installation.data_dir)?;
            let options = SqliteOptions {
                path: dir.database(),
                readers: settings.sqlite.readers,
            };
            SqlStore::connect_sqlite(options).await
        }
        Some(postgres) => {
            let options = PostgresOptions {
                host: postgres.host.clone(),
                port: postgres.port,
                user: postgres.user.clone(),
                password: Some(postgres.password.clone()),
                database: postgres.database.clone(),
                tls: match postgres.tls {
                    auth_config::TlsMode::Disable => TlsMode::Disable,
                    auth_config::TlsMode::Prefer => TlsMode::Prefer,
                    auth_config::TlsMode::Require => TlsMode::Require,
                    auth_config::TlsMode::VerifyCa => TlsMode::VerifyCa,
                    auth_config::TlsMode::VerifyFull => TlsMode::VerifyFull,
                },
                root_certificate: postgres.root_certificate.clone().map(Into::into),
                max_connections: postgres.max_connections,
                acquire_timeout: ACQUIRE_TIMEOUT,
                statement_timeout: STATEMENT_TIMEOUT,
            };
            SqlStore::connect_postgres(options).await
        }
    };
    connected.map_err(|e| {
        Failure::caused(
            format!("the database {} cannot be reached", place(settings)),
            &e,
        )
    })
}

/// Brings the schema up to date where that is this process's to do, and
/// refuses one that this version must not use.
pub(crate) async fn prepare_schema(
    settings: &Settings,
    store: &SqlStore,
    migrate_postgres: bool,
) -> Result<(), Failure> {
    store
        .check_compatible()
        .await
        .map_err(|e| Failure::caused("the schema cannot be used", &e))?;
    if settings.is_embedded() || migrate_postgres {
        return migrate(store).await.map(drop);
    }
    let pending = migration_status(store).await?;
    let pending = pending
        .iter()
        .filter(|migration| !migration.applied)
        .count();
    if pending > 0 {
        return Err(Failure::new(format!(
            "the database {} lacks {pending} migrations: run `auth-microservice migrate`, or \
             start with `serve --migrate`",
            place(settings)
        )));
    }
    Ok(())
}

/// Applies what is pending, and answers how much that was.
pub(crate) async fn migrate(store: &SqlStore) -> Result<usize, Failure> {
    store
        .migrate()
        .await
        .map(|applied| applied.len())
        .map_err(|e| Failure::caused("the schema cannot be brought up to date", &e))
}

/// The migrations of this version, and whether each is applied.
pub(crate) async fn migration_status(store: &SqlStore) -> Result<Vec<MigrationState>, Failure> {
    store
        .migration_status()
        .await
        .map_err(|e| Failure::caused("the schema cannot be read", &e))
}

fn place(settings: &Settings) -> String {
    match &settings.postgres {
        None => format!("in {}", settings.installation.data_dir.display()),
        Some(postgres) => {
            format!(
                "{} at {}:{}",
                postgres.database, postgres.host, postgres.port
            )
        }
    }
}

/// Closes the connections; what cannot be closed ends with the process.
pub(crate) async fn close(store: &SqlStore) {
    if let Err(error) = store.close().await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "the database connections did not close in order");
    }
}
