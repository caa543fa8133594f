//! PostgreSQL keeps the contract.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::rbac::PolicyStore;
use auth_domain::store::Store;
use auth_sql::{PostgresOptions, SqlStore};
use auth_testkit::contracts::StoreSubject;
use auth_testkit::postgres::TestDatabase;

pub(crate) struct Postgres {
    pub(crate) store: SqlStore,
    pub(crate) database: TestDatabase,
}

impl Postgres {
    pub(crate) async fn empty() -> Self {
        let database = TestDatabase::empty().await;
        let server = database.server();
        let options = PostgresOptions {
            host: server.host,
            port: server.port,
            user: server.user,
            password: server.password.map(Into::into),
            database: server.database,
            max_connections: 4,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_secs(30),
        };
        let store = SqlStore::connect_postgres(options).await.unwrap();
        Self { store, database }
    }
}

async fn fresh() -> Postgres {
    let postgres = Postgres::empty().await;
    postgres.store.migrate().await.unwrap();
    postgres
}

#[async_trait]
impl StoreSubject for Postgres {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn policies(&self) -> &dyn PolicyStore {
        &self.store
    }

    async fn look(&self, sql: &str) -> Vec<String> {
        self.database.look(sql).await
    }

    async fn has_open_transaction(&self) -> bool {
        let open = "SELECT 1::bigint FROM pg_stat_activity \
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        !self.look(open).await.is_empty()
    }
}

auth_testkit::store_contract!(crate::postgres::fresh);
