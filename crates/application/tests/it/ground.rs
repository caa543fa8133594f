//! A migrated store, and the adapters over it.

use std::path::PathBuf;
use std::sync::Arc;

use auth_application::Ports;
use auth_casbin::{CasbinPolicyEngine, EngineOptions};
use auth_sql::{SqlStore, SqliteOptions};
use auth_testkit::clock::ManualClock;
use auth_testkit::sqlite;
use tempfile::TempDir;

use crate::parts::{self, Postbox};

/// A migrated store that no use case has written to.
pub(crate) struct Ground {
    dir: TempDir,
    pub(crate) store: Arc<SqlStore>,
    pub(crate) policies: Arc<CasbinPolicyEngine>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) postbox: Arc<Postbox>,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sqlite = SqliteOptions {
            path: dir.path().join("auth.sqlite"),
            readers: 2,
        };
        let store = Arc::new(SqlStore::connect_sqlite(sqlite).await.unwrap());
        store.migrate().await.unwrap();
        let clock = Arc::new(ManualClock::default());
        let engine = CasbinPolicyEngine::new(
            Arc::clone(&store) as _,
            Arc::clone(&clock) as _,
            EngineOptions::default(),
        );
        Self {
            dir,
            store,
            policies: Arc::new(engine),
            clock,
            postbox: Arc::default(),
        }
    }

    pub(crate) fn ports(&self) -> Ports {
        parts::ports(&self.store, &self.policies, &self.clock, &self.postbox)
    }

    /// The rows of a query.
    pub(crate) async fn look(&self, sql: &str) -> Vec<String> {
        sqlite::look(&self.file(), sql).await
    }

    /// Runs a statement behind the application's back.
    pub(crate) async fn execute(&self, sql: &str) {
        sqlite::execute(&self.file(), sql).await;
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("auth.sqlite")
    }
}
