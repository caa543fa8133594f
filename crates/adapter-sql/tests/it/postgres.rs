//! PostgreSQL keeps the contract.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::events::{OutboxAdmin, OutboxRelay, OutboxSignal};
use auth_domain::jobs::{JobAdmin, JobClaims, JobSignal, Schedules};
use auth_domain::rbac::PolicyStore;
use auth_domain::store::Store;
use auth_sql::{PostgresOptions, SqlStore, TlsMode};
use auth_testkit::contracts::StoreSubject;
use auth_testkit::postgres::TestDatabase;

pub(crate) struct Postgres {
    pub(crate) store: SqlStore,
    pub(crate) database: TestDatabase,
}

impl Postgres {
    pub(crate) async fn empty() -> Self {
        Self::on(TestDatabase::empty().await).await
    }

    async fn on(database: TestDatabase) -> Self {
        let store = another_store(&database).await;
        Self { store, database }
    }
}

/// A store on that database, as another process has it.
pub(crate) async fn another_store(database: &TestDatabase) -> SqlStore {
    SqlStore::connect_postgres(options(database)).await.unwrap()
}

pub(crate) fn options(database: &TestDatabase) -> PostgresOptions {
    let server = database.server();
    PostgresOptions {
        host: server.host,
        port: server.port,
        user: server.user,
        password: server.password.map(Into::into),
        database: server.database,
        tls: TlsMode::Prefer,
        root_certificate: None,
        max_connections: 4,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: Duration::from_secs(30),
    }
}

async fn fresh() -> Postgres {
    Postgres::on(TestDatabase::migrated().await).await
}

#[async_trait]
impl StoreSubject for Postgres {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn policies(&self) -> &dyn PolicyStore {
        &self.store
    }

    fn jobs(&self) -> &dyn JobClaims {
        &self.store
    }

    fn job_admin(&self) -> &dyn JobAdmin {
        &self.store
    }

    fn job_signal(&self) -> &dyn JobSignal {
        &self.store
    }

    fn schedules(&self) -> &dyn Schedules {
        &self.store
    }

    fn relay(&self) -> &dyn OutboxRelay {
        &self.store
    }

    fn outbox_admin(&self) -> &dyn OutboxAdmin {
        &self.store
    }

    fn outbox_signal(&self) -> &dyn OutboxSignal {
        &self.store
    }

    async fn look(&self, sql: &str) -> Vec<String> {
        self.database.look(sql).await
    }

    async fn execute(&self, sql: &str) {
        self.database.execute(sql).await;
    }

    async fn has_open_transaction(&self) -> bool {
        let open = "SELECT 1::bigint FROM pg_stat_activity \
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        !self.look(open).await.is_empty()
    }
}

auth_testkit::store_contract!(crate::postgres::fresh);
