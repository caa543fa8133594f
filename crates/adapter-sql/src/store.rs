//! The store: connections, transactions, and which connection reads use.

use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::audit::AuditLog;
use auth_domain::error::PortError;
use auth_domain::events::{Inbox, Outbox};
use auth_domain::identity::{OneTimeTokenQueries, OneTimeTokenRepo, SessionQueries, SessionRepo};
use auth_domain::jobs::JobQueue;
use auth_domain::organizations::{OrganizationQueries, OrganizationRepo};
use auth_domain::rbac::{
    CatalogueQueries, CatalogueRepo, GrantQueries, GrantRepo, RoleQueries, RoleRepo,
};
use auth_domain::security::{LoginActivityLog, LoginActivityQueries, SecurityAlertRepo};
use auth_domain::store::{ReadRepositories, Repositories, Store, UnitOfWork};
use auth_domain::users::{UserQueries, UserRepo};
use sea_orm::{DatabaseConnection, DatabaseTransaction};

use crate::begin::begin_write;
use crate::connect;
use crate::errors::port_error;
use crate::pool::Pool;
use crate::signal::{CommitSignal, Committed};
use crate::sql::{Connection, Sql};
use crate::{
    DatabaseProbe, MigrationError, MigrationState, MigrationsProbe, PostgresOptions, SqliteOptions,
};

/// The version that the schema must allow: that of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The database of the service: PostgreSQL or SQLite.
#[derive(Debug)]
pub struct SqlStore {
    pub(crate) reads: Sql<Pool>,
    pub(crate) pool: Pool,
    pub(crate) signal: Arc<CommitSignal>,
}

/// One transaction. After its commit it wakes what waits for what it wrote.
struct SqlUnitOfWork {
    sql: Sql<DatabaseTransaction>,
    signal: Arc<CommitSignal>,
    enqueued: bool,
    told: bool,
}

impl SqlStore {
    /// Connects to PostgreSQL, or says why that cannot be done.
    pub async fn connect_postgres(options: PostgresOptions) -> Result<Self, PortError> {
        let pool = connect::postgres(options).await?;
        let server = pool.conn().get_postgres_connection_pool().connect_options();
        Ok(Self {
            reads: Sql(pool.clone()),
            pool,
            signal: Arc::new(CommitSignal::listening((*server).clone())),
        })
    }

    /// Opens a SQLite file, or says why that cannot be done.
    pub async fn connect_sqlite(options: SqliteOptions) -> Result<Self, PortError> {
        let pool = connect::sqlite_writer(&options).await?;
        let readers = connect::sqlite_readers(&options).await?;
        Ok(Self {
            reads: Sql(readers),
            pool,
            signal: Arc::new(CommitSignal::local()),
        })
    }

    /// Brings the schema up to date, all or nothing, and answers which
    /// migrations that took. Processes that migrate at once take turns.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        self.check_compatible().await?;
        let tx = begin_write(&self.pool).await?;
        let applied = auth_migrations::up(&tx).await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// All migrations and whether they are applied. Changes nothing.
    pub async fn migration_status(&self) -> Result<Vec<MigrationState>, MigrationError> {
        auth_migrations::status(self.reads.conn().conn()).await
    }

    /// Refuses when the schema is for newer versions of the service only.
    pub async fn check_compatible(&self) -> Result<(), MigrationError> {
        auth_migrations::check_compatible(self.reads.conn().conn(), VERSION).await
    }

    /// A probe of the database.
    pub fn database_probe(&self) -> DatabaseProbe {
        DatabaseProbe(self.reads.0.clone())
    }

    /// A probe of the schema.
    pub fn migrations_probe(&self) -> MigrationsProbe {
        MigrationsProbe(self.reads.conn().conn().clone())
    }

    /// Single statements that write, each a transaction of its own.
    pub(crate) fn writes(&self) -> Sql<DatabaseConnection> {
        Sql(self.pool.conn().clone())
    }

    /// Waits for the connections in use and closes them all.
    pub async fn close(&self) -> Result<(), PortError> {
        self.signal.close();
        for pool in [&self.reads.0, &self.pool] {
            pool.conn().close_by_ref().await.map_err(port_error)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, PortError> {
        let tx = begin_write(&self.pool).await.map_err(port_error)?;
        Ok(Box::new(SqlUnitOfWork {
            sql: Sql(tx),
            signal: Arc::clone(&self.signal),
            enqueued: false,
            told: false,
        }))
    }

    fn read(&self) -> &dyn ReadRepositories {
        &self.reads
    }
}

impl<C: Connection> ReadRepositories for Sql<C> {
    fn organizations(&self) -> &dyn OrganizationQueries {
        self
    }

    fn users(&self) -> &dyn UserQueries {
        self
    }

    fn sessions(&self) -> &dyn SessionQueries {
        self
    }

    fn roles(&self) -> &dyn RoleQueries {
        self
    }

    fn grants(&self) -> &dyn GrantQueries {
        self
    }

    fn catalogue(&self) -> &dyn CatalogueQueries {
        self
    }

    fn one_time_tokens(&self) -> &dyn OneTimeTokenQueries {
        self
    }

    fn logins(&self) -> &dyn LoginActivityQueries {
        self
    }
}

impl Repositories for SqlUnitOfWork {
    fn read(&self) -> &dyn ReadRepositories {
        &self.sql
    }

    fn organizations(&mut self) -> &mut dyn OrganizationRepo {
        &mut self.sql
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        &mut self.sql
    }

    fn sessions(&mut self) -> &mut dyn SessionRepo {
        &mut self.sql
    }

    fn roles(&mut self) -> &mut dyn RoleRepo {
        &mut self.sql
    }

    fn grants(&mut self) -> &mut dyn GrantRepo {
        &mut self.sql
    }

    fn catalogue(&mut self) -> &mut dyn CatalogueRepo {
        &mut self.sql
    }

    fn logins(&mut self) -> &mut dyn LoginActivityLog {
        &mut self.sql
    }

    fn alerts(&mut self) -> &mut dyn SecurityAlertRepo {
        &mut self.sql
    }

    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokenRepo {
        &mut self.sql
    }

    fn jobs(&mut self) -> &mut dyn JobQueue {
        self.enqueued = true;
        &mut self.sql
    }

    fn audit(&mut self) -> &mut dyn AuditLog {
        &mut self.sql
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self.told = true;
        &mut self.sql
    }

    fn inbox(&mut self) -> &mut dyn Inbox {
        &mut self.sql
    }
}

// Dropped without commit, sea-orm's transaction queues a rollback that runs
// before anything else on its connection.
#[async_trait]
impl UnitOfWork for SqlUnitOfWork {
    async fn commit(self: Box<Self>) -> Result<(), PortError> {
        self.sql.0.commit().await.map_err(port_error)?;
        if self.enqueued {
            self.signal.notify(Committed::Jobs);
        }
        if self.told {
            self.signal.notify(Committed::Events);
        }
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<(), PortError> {
        self.sql.0.rollback().await.map_err(port_error)
    }
}
