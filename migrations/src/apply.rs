//! Which migrations are applied, and applying the others.

use std::collections::HashSet;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait as _, QueryOrder as _,
    Statement,
};
use sea_orm_migration::{
    IntoSchemaManagerConnection, MigratorTrait as _, SchemaManager, seaql_migrations,
};

use crate::{MigrationError, Migrator, dialect};

/// The key of the advisory lock that migrating processes take on PostgreSQL:
/// the bytes `authmigr`.
const ADVISORY_LOCK: i64 = 0x6175_7468_6d69_6772;

/// A migration and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name, which begins with its date.
    pub name: String,
    /// Whether it is applied.
    pub applied: bool,
}

/// The migrations that this version knows, then those that only the database
/// knows, each in order. Changes nothing.
pub async fn status<'c>(
    conn: impl IntoSchemaManagerConnection<'c>,
) -> Result<Vec<MigrationState>, MigrationError> {
    let applied = applied(&SchemaManager::new(conn)).await?;
    let known = known();
    let mut states: Vec<MigrationState> = known
        .iter()
        .map(|name| MigrationState {
            name: name.clone(),
            applied: applied.contains(name),
        })
        .collect();
    let unknown = applied.into_iter().filter(|name| !known.contains(name));
    states.extend(unknown.map(|name| MigrationState {
        name,
        applied: true,
    }));
    Ok(states)
}

/// The migrations that the database lacks, in order. Changes nothing.
pub async fn pending<'c>(
    conn: impl IntoSchemaManagerConnection<'c>,
) -> Result<Vec<String>, MigrationError> {
    let states = status(conn).await?;
    let missing = states.into_iter().filter(|state| !state.applied);
    Ok(missing.map(|state| state.name).collect())
}

/// Applies what the database lacks, and answers what that was. The caller
/// commits; until then nothing is visible to others.
///
/// On PostgreSQL this waits for any other process that migrates, and sees what
/// it did. Migrations that only the database knows are left alone: they come
/// from a newer version and keep this one working, or `check_compatible` says
/// that they do not.
pub async fn up(tx: &DatabaseTransaction) -> Result<Vec<String>, MigrationError> {
    if tx.get_database_backend() == DbBackend::Postgres {
        // Neither the wait for the lock nor a long migration is an accident.
        tx.execute_unprepared("SET LOCAL statement_timeout = 0")
            .await?;
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            .await?;
    }
    Migrator::install(tx).await?;
    let manager = SchemaManager::new(tx);
    let applied: HashSet<String> = applied(&manager).await?.into_iter().collect();
    let mut done = Vec::new();
    for migration in Migrator::migrations() {
        let name = migration.name();
        if applied.contains(name) {
            continue;
        }
        migration.up(&manager).await?;
        record(tx, name).await?;
        done.push(name.to_owned());
    }
    Ok(done)
}

/// The migrations that the database has and this version does not know.
pub(crate) async fn unknown(manager: &SchemaManager<'_>) -> Result<Vec<String>, DbErr> {
    let known = known();
    let mut names = applied(manager).await?;
    names.retain(|name| !known.contains(name));
    Ok(names)
}

fn known() -> Vec<String> {
    let migrations = Migrator::migrations();
    migrations.iter().map(|m| m.name().to_owned()).collect()
}

async fn applied(manager: &SchemaManager<'_>) -> Result<Vec<String>, DbErr> {
    if !manager.has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let rows = seaql_migrations::Entity::find()
        .order_by_asc(seaql_migrations::Column::Version)
        .all(manager.get_connection())
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

async fn record(tx: &DatabaseTransaction, name: &str) -> Result<(), DbErr> {
    let backend = tx.get_database_backend();
    let sql = dialect::render(
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ($1, {epoch})",
        backend,
    );
    let statement = Statement::from_sql_and_values(backend, sql, [name.into()]);
    tx.execute_raw(statement).await?;
    Ok(())
}
