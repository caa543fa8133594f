//! Whether this version of the application may use the schema.

use sea_orm_migration::sea_orm::{ConnectionTrait as _, Statement};
use sea_orm_migration::{IntoSchemaManagerConnection, SchemaManager};
use semver::Version;

use crate::MigrationError;
use crate::apply::unknown;

/// Refuses when the schema is for versions newer than `app_version` only. An
/// empty database, and one that a newer version migrated without breaking this
/// one, are compatible. Changes nothing.
pub async fn check_compatible<'c>(
    conn: impl IntoSchemaManagerConnection<'c>,
    app_version: &str,
) -> Result<(), MigrationError> {
    let manager = SchemaManager::new(conn);
    let version = parse("the version of the application", app_version)?;
    let Some(minimum) = minimum_version(&manager).await? else {
        return Ok(());
    };
    if minimum <= version {
        return Ok(());
    }
    let unknown = unknown(&manager).await?;
    Err(MigrationError::TooNew {
        minimum,
        version,
        unknown,
    })
}

async fn minimum_version(manager: &SchemaManager<'_>) -> Result<Option<Version>, MigrationError> {
    if !manager.has_table("schema_info").await? {
        return Ok(None);
    }
    let statement = Statement::from_string(
        manager.get_database_backend(),
        "SELECT minimum_version FROM schema_info",
    );
    let Some(row) = manager.get_connection().query_one_raw(statement).await? else {
        return Ok(None);
    };
    let text: String = row.try_get_by_index(0)?;
    parse("schema_info.minimum_version", &text).map(Some)
}

fn parse(what: &'static str, text: &str) -> Result<Version, MigrationError> {
    Version::parse(text).map_err(|source| MigrationError::Version {
        what,
        text: text.to_owned(),
        source,
    })
}
