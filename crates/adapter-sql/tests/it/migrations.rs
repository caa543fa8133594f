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

async fn processes_that_migrate_at_once_take_turns(store: &SqlStore) {
    let all = store.migration_status().await.unwrap().len();
    let (one, two) = tokio::join!(store.migrate(), store.migrate());
    let mut counts = [one.unwrap().len(), two.unwrap().len()];
    counts.sort_unstable();
    assert_eq!(counts, [0, all]);
}

#[tokio::test]
async fn processes_that_migrate_at_once_take_turns_on_sqlite() {
    processes_that_migrate_at_once_take_turns(&Sqlite::empty().await.store).await;
}

#[tokio::test]
async fn processes_that_migrate_at_once_take_turns_on_postgres() {
    processes_that_migrate_at_once_take_turns(&Postgres::empty().await.store).await;
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

// References: table, columns, what they refer to, and what becomes of the row
// when that goes.
const REFERENCES_SQLITE: &str = r#"
SELECT m.name || ' (' || group_concat(f."from", ', ' ORDER BY f.seq) || ') -> ' || f."table"
    || ' (' || group_concat(f."to", ', ' ORDER BY f.seq) || ') ' || f.on_delete
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' GROUP BY m.name, f.id"#;

const REFERENCES_POSTGRES: &str = "
SELECT conrelid::regclass || ' (' || own.names || ') -> ' || confrelid::regclass
    || ' (' || others.names || ') '
    || CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'a' THEN 'NO ACTION' END
FROM pg_constraint,
    LATERAL (SELECT string_agg(attname::text, ', ' ORDER BY place) AS names
        FROM unnest(conkey) WITH ORDINALITY AS key (number, place)
        JOIN pg_attribute ON attrelid = conrelid AND attnum = number) AS own,
    LATERAL (SELECT string_agg(attname::text, ', ' ORDER BY place) AS names
        FROM unnest(confkey) WITH ORDINALITY AS key (number, place)
        JOIN pg_attribute ON attrelid = confrelid AND attnum = number) AS others
WHERE contype = 'f'";

async fn references(subject: &dyn StoreSubject, query: &str) -> Vec<String> {
    let mut found = subject.look(query).await;
    found.sort_unstable();
    found
}

#[tokio::test]
async fn both_databases_have_the_same_references() {
    let (lite, postgres) = (Sqlite::empty().await, Postgres::empty().await);
    lite.store.migrate().await.unwrap();
    postgres.store.migrate().await.unwrap();
    let on_sqlite = references(&lite, REFERENCES_SQLITE).await;
    assert_eq!(on_sqlite, references(&postgres, REFERENCES_POSTGRES).await);
    assert!(on_sqlite.len() >= 15, "{on_sqlite:?}");
}

/// Only what belongs to the person, in whatever organization, refers to the
/// user: all else is of a member.
#[tokio::test]
async fn a_row_of_a_tenant_names_a_member() {
    let sqlite = Sqlite::empty().await;
    sqlite.store.migrate().await.unwrap();
    let all = references(&sqlite, REFERENCES_SQLITE).await;
    let to = |target: &str| -> Vec<&str> {
        let target = format!(" -> {target} (");
        let found = all.iter().filter(|reference| reference.contains(&target));
        found
            .map(|reference| reference.split(' ').next().unwrap())
            .collect()
    };
    assert_eq!(to("users"), ["memberships", "user_contacts"]);
    let of_members = [
        "archived_users",
        "audit_logs",
        "familiar_networks",
        "login_activity",
        "one_time_tokens",
        "organizations",
        "security_alerts",
        "sessions",
        "user_roles",
        "user_search_terms",
    ];
    assert_eq!(to("memberships"), of_members);
    // A column whose name says so refers to a user.
    let bare = sqlite
        .look(
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND c.name LIKE '%user_id' AND NOT EXISTS ( \
                 SELECT 1 FROM pragma_foreign_key_list(m.name) f WHERE f.\"from\" = c.name) \
             AND m.name <> 'users'",
        )
        .await;
    assert_eq!(bare, [""; 0]);
}
