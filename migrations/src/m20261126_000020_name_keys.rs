//! Keys by which names that look alike are one name, and an address is one
//! whichever way its domain is written.
//!
//! Only keys outside ASCII change. Where two names become one, the one that was
//! there under the new key keeps it and the other keeps its old key: its user
//! signs in by the address, and can be renamed. The release before writes old
//! keys while it still runs; for names of ASCII the two are the same.

use auth_domain::text::NameKey;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What has a key: the table, its id, the name, the key, and within what the
/// key is unique.
const KEYS: [[&str; 5]; 4] = [
    ["users", "user_id", "username", "username_key", "1"],
    ["user_contacts", "user_id", "email", "email_key", "1"],
    ["organizations", "organization_id", "name", "name_key", "1"],
    ["roles", "role_id", "name", "name_key", "organization_id"],
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for [table, id, name, key, scope] in KEYS {
            let bytes = match manager.get_database_backend() {
                DbBackend::Sqlite => format!("length(CAST({key} AS BLOB))"),
                _ => format!("octet_length({key})"),
            };
            let outside_ascii = format!(
                "SELECT {id}, {name}, {key} FROM {table} WHERE {bytes} <> length({key}) ORDER BY {id}"
            );
            let update = format!(
                "UPDATE {table} SET {key} = $1 WHERE {id} = $2 AND NOT EXISTS (\
                 SELECT 1 FROM {table} other WHERE other.{key} = $1 AND other.{id} <> $2 \
                 AND {of_other} = {of_this})",
                of_other = of("other", scope),
                of_this = of(table, scope),
            );
            change(manager, &outside_ascii, &update).await?;
        }
        Ok(())
    }
}

fn of(table: &str, scope: &str) -> String {
    if scope == "1" {
        return scope.to_owned();
    }
    format!("{table}.{scope}")
}

async fn change(manager: &SchemaManager<'_>, select: &str, update: &str) -> Result<(), DbErr> {
    let (conn, backend) = (manager.get_connection(), manager.get_database_backend());
    let rows = conn.query_all_raw(Statement::from_string(backend, select));
    for row in rows.await? {
        let (id, name): (i64, String) = (row.try_get_by(0)?, row.try_get_by(1)?);
        let key = NameKey::of(&name);
        if key.as_str() != row.try_get_by::<String, _>(2)? {
            let values = [key.as_str().into(), id.into()];
            let update = Statement::from_sql_and_values(backend, update, values);
            conn.execute_raw(update).await?;
        }
    }
    Ok(())
}
