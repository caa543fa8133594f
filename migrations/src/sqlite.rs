//! Changes that SQLite has no statement for.

use sea_orm_migration::SchemaManager;
use sea_orm_migration::sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Statement};

use crate::dialect::script;

/// Writes constraints anew in the text of the tables, in the way that SQLite
/// documents for changes that leave the stored rows as they are
/// (<https://www.sqlite.org/lang_altertable.html#otheralter>). No row is
/// copied, and no table is dropped, which would delete what refers to it.
///
/// `update` changes `sqlite_master`, `tables` says how many rows of it. Every
/// row must keep the foreign keys that are written.
pub(crate) async fn edit_schema(
    manager: &SchemaManager<'_>,
    update: &str,
    tables: u64,
) -> Result<(), DbErr> {
    let version = schema_version(manager).await?;
    script(manager, "PRAGMA writable_schema = ON").await?;
    let changed = manager.get_connection().execute_unprepared(update).await;
    // In any case: the connection goes back to a pool.
    script(manager, "PRAGMA writable_schema = OFF").await?;
    if changed?.rows_affected() != tables {
        let text = "the tables are not those of the migrations before";
        return Err(DbErr::Migration(text.to_owned()));
    }
    // Every connection, this one too, reads the schema again.
    let next = format!("PRAGMA schema_version = {}", version + 1);
    script(manager, &next).await?;
    let broken = query(manager, "PRAGMA foreign_key_check").await?;
    if broken.is_empty() {
        return Ok(());
    }
    let text = "a row refers to another one that is not there";
    Err(DbErr::Migration(text.to_owned()))
}

async fn schema_version(manager: &SchemaManager<'_>) -> Result<i32, DbErr> {
    let rows = query(manager, "PRAGMA schema_version").await?;
    let row = rows.first().ok_or_else(|| {
        let text = "SQLite does not tell the version of its schema";
        DbErr::Migration(text.to_owned())
    })?;
    row.try_get_by_index(0)
}

async fn query(manager: &SchemaManager<'_>, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let conn = manager.get_connection();
    let statement = Statement::from_string(manager.get_database_backend(), sql);
    conn.query_all_raw(statement).await
}
