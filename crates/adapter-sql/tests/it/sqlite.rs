//! SQLite keeps the contract.

use std::path::PathBuf;

use async_trait::async_trait;
use auth_domain::events::{OutboxAdmin, OutboxRelay, OutboxSignal};
use auth_domain::jobs::{JobAdmin, JobClaims, JobSignal, Schedules};
use auth_domain::rbac::PolicyStore;
use auth_domain::store::Store;
use auth_sql::{SqlStore, SqliteOptions};
use auth_testkit::contracts::StoreSubject;
use auth_testkit::sqlite;
use tempfile::TempDir;

pub(crate) struct Sqlite {
    pub(crate) store: SqlStore,
    dir: TempDir,
}

impl Sqlite {
    pub(crate) async fn empty() -> Self {
        Self::open(tempfile::tempdir().unwrap()).await
    }

    async fn open(dir: TempDir) -> Self {
        let options = SqliteOptions {
            path: dir.path().join("auth.sqlite"),
            readers: 2,
        };
        let store = SqlStore::connect_sqlite(options).await.unwrap();
        Self { store, dir }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("auth.sqlite")
    }
}

async fn fresh() -> Sqlite {
    let dir = tempfile::tempdir().unwrap();
    sqlite::migrated(&dir.path().join("auth.sqlite")).await;
    Sqlite::open(dir).await
}

#[async_trait]
impl StoreSubject for Sqlite {
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
        sqlite::look(&self.file(), sql).await
    }

    async fn execute(&self, sql: &str) {
        sqlite::execute(&self.file(), sql).await;
    }

    async fn has_open_transaction(&self) -> bool {
        sqlite::is_write_locked(&self.file()).await
    }
}

auth_testkit::store_contract!(crate::sqlite::fresh);
