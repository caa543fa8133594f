//! Whether the database answers, and whether it is up to date.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe;
use sea_orm::DatabaseConnection;

use crate::connect::one_value;
use crate::errors::port_error;
use crate::pool::Pool;
use crate::sql::Sql;

/// Whether the database answers a query. PostgreSQL is asked on a connection of
/// its own: those of the pool may be busy, or dead.
#[derive(Debug, Clone)]
pub struct DatabaseProbe(pub(crate) Pool);

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
        if sql.is_postgres() {
            let pool = self.0.conn().get_postgres_connection_pool();
            let server = pool.connect_options();
            return one_value(&server, "SHOW server_version").await.map(drop);
        }
        // Unlike a constant, this reads the file.
        let query = "SELECT count(*) FROM sqlite_schema";
        sql.one(query, []).await.map(drop)
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
