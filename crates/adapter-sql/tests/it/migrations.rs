//! The schema: from empty, again, at once, and too new.

use auth_sql::{MigrationError, SqlStore};
use auth_testkit::contracts::StoreSubject;
use auth_testkit::sqlite;

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;

async fn a_second_run_applies_nothing(store: &SqlStore) {
    let pending = store.migration_status().await.unwrap();
    assert!(pending.iter().all(|migration| !migration.applied));
    let applied = store.migrate().await.unwrap();
    assert_eq!(applied.len(), pending.len());
    assert!(store.migrate().await.unwrap().is_empty());
    let done = store.migration_status().await.unwrap();
    assert!(done.iter().all(|migration| migration.applied));
}

#[tokio::test]
async fn a_second_run_applies_nothing_on_sqlite() {
    a_second_run_applies_nothing(&Sqlite::empty().await.store).await;
}

#[tokio::test]
async fn a_second_run_applies_nothing_on_postgres() {
    a_second_run_applies_nothing(&Postgres::empty().await.store).await;
}

async fn those_who_migrate_at_once_take_turns(store: &SqlStore) {
    let all = store.migration_status().await.unwrap().len();
    let (one, two) = tokio::join!(store.migrate(), store.migrate());
    let mut counts = [one.unwrap().len(), two.unwrap().len()];
    counts.sort_unstable();
    assert_eq!(counts, [0, all]);
}

#[tokio::test]
async fn those_who_migrate_at_once_take_turns_on_sqlite() {
    those_who_migrate_at_once_take_turns(&Sqlite::empty().await.store).await;
}

#[tokio::test]
async fn those_who_migrate_at_once_take_turns_on_postgres() {
    those_who_migrate_at_once_take_turns(&Postgres::empty().await.store).await;
}

const TOO_NEW: &str = "UPDATE schema_info SET minimum_version = '999.0.0'";

async fn a_schema_for_newer_versions_is_refused(store: &SqlStore) {
    let refused = store.check_compatible().await;
    assert!(
        matches!(refused, Err(MigrationError::TooNew { .. })),
        "{refused:?}"
    );
    assert!(store.migrate().await.is_err());
}

#[tokio::test]
async fn a_schema_for_newer_versions_is_refused_on_sqlite() {
    let subject = Sqlite::empty().await;
    subject.store.migrate().await.unwrap();
    sqlite::execute(&subject.file(), TOO_NEW).await;
    a_schema_for_newer_versions_is_refused(&subject.store).await;
}

#[tokio::test]
async fn a_schema_for_newer_versions_is_refused_on_postgres() {
    let subject = Postgres::empty().await;
    subject.store.migrate().await.unwrap();
    subject.database.execute(TOO_NEW).await;
    a_schema_for_newer_versions_is_refused(&subject.store).await;
}

/// Both databases have the same tables with the same columns.
#[tokio::test]
async fn both_databases_have_one_schema() {
    let (lite, postgres) = (Sqlite::empty().await, Postgres::empty().await);
    lite.store.migrate().await.unwrap();
    postgres.store.migrate().await.unwrap();
    let on_sqlite = lite
        .look(
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
        )
        .await;
    let on_postgres = postgres
        .look(
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' ORDER BY table_name COLLATE \"C\", column_name COLLATE \"C\"",
        )
        .await;
    assert!(on_sqlite.len() > 80, "{on_sqlite:?}");
    assert_eq!(on_sqlite, on_postgres);
}

/// No query on tenant data without an index: every foreign key has one whose
/// first column is among its own.
#[tokio::test]
async fn every_reference_is_indexed() {
    let postgres = Postgres::empty().await;
    postgres.store.migrate().await.unwrap();
    let bare = postgres
        .look(
            "SELECT c.conname::text FROM pg_constraint c WHERE c.contype = 'f' AND NOT EXISTS ( \
                 SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid \
                 AND i.indkey[0] = ANY (c.conkey)) ORDER BY 1",
        )
        .await;
    assert_eq!(bare, [""; 0]);
}
