//! Whether the database answers, and whether it is up to date.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe;
use sea_orm::DatabaseConnection;

use crate::errors::port_error;
use crate::sql::Sql;

/// Whether the database answers a query.
#[derive(Debug, Clone)]
pub struct DatabaseProbe(pub(crate) DatabaseConnection);

/// Whether every migration of this version is applied.
#[derive(Debug, Clone)]
pub struct MigrationsProbe(pub(crate) DatabaseConnection);

#[async_trait]
impl HealthProbe for DatabaseProbe {
    fn name(&self) -> &'static str {
        "database"
    }

    fn required(&self) -> bool {
        true
    }

    async fn probe(&self) -> Result<(), PortError> {
        let sql = Sql(self.0.clone());
        let query = if sql.is_postgres() {
            "SELECT 1"
        } else {
            // Unlike a constant, this reads the file.
            "SELECT count(*) FROM sqlite_schema"
        };
        sql.one(query, []).await.map(|_| ())
    }
}

#[async_trait]
impl HealthProbe for MigrationsProbe {
    fn name(&self) -> &'static str {
        "migrations"
    }

    fn required(&self) -> bool {
        true
    }

    async fn probe(&self) -> Result<(), PortError> {
        let pending = auth_migrations::pending(&self.0)
            .await
            .map_err(|error| match error {
                auth_migrations::MigrationError::Database(error) => port_error(error),
                other => PortError::Backend(Box::new(other)),
            })?;
        if pending.is_empty() {
            return Ok(());
        }
        let message = format!("{} migrations are pending", pending.len());
        Err(PortError::Unavailable(message.into()))
    }
}
