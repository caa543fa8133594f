//! What only one of the databases, or only the move from one release to the
//! next, can get wrong about jobs.

use std::time::Duration;

use auth_domain::jobs::{JobClaims as _, JobPayload, JobSignal as _, NewJob, QueueName};
use auth_domain::store::Store as _;
use auth_sql::SqlStore;
use auth_testkit::builders::at;
use auth_testkit::contracts::StoreSubject;
use auth_testkit::sqlite;
use tokio::time::timeout;

use crate::postgres::{Postgres, another_store};
use crate::sqlite::Sqlite;

const MAIL: QueueName = QueueName::new("mail");
const LEASE: Duration = Duration::from_mins(1);
const SOON: Duration = Duration::from_secs(10);

fn job(key: &str) -> NewJob {
    NewJob {
        queue: MAIL,
        payload: JobPayload::from_json("{}".to_owned()),
        run_at: at(0),
        dedup_key: Some(key.to_owned()),
        request_id: None,
        created_at: at(0),
    }
}

async fn enqueue(store: &SqlStore, key: &str) {
    let mut tx = store.begin().await.unwrap();
    tx.jobs().enqueue(&job(key)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claimed(store: &SqlStore) -> usize {
    store.claim(&[MAIL], 9, at(0), LEASE).await.unwrap().len()
}

async fn postgres() -> Postgres {
    let postgres = Postgres::empty().await;
    postgres.store.migrate().await.unwrap();
    postgres
}

/// Takes the signals there are, those that are on their way too.
async fn quiet(store: &SqlStore) {
    let short = Duration::from_millis(200);
    while timeout(short, store.wait()).await.is_ok() {}
}

#[tokio::test]
async fn a_job_that_is_asked_for_again_is_not_claimed_before_that_commit() {
    let postgres = postgres().await;
    let store = &postgres.store;
    enqueue(store, "ana").await;
    enqueue(store, "eva").await;
    let mut again = store.begin().await.unwrap();
    again.jobs().enqueue(&job("ana")).await.unwrap();
    // The handler would not see the change. Other jobs do not wait for it.
    let others = timeout(SOON, claimed(store)).await;
    assert_eq!(others.unwrap(), 1);
    again.commit().await.unwrap();
    assert_eq!(claimed(store).await, 1);
}

#[tokio::test]
async fn a_commit_in_one_process_wakes_the_runner_of_another() {
    let postgres = postgres().await;
    let other = another_store(&postgres.database).await;
    quiet(&other).await;
    enqueue(&postgres.store, "ana").await;
    timeout(SOON, other.wait()).await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn a_listener_that_lost_its_connection_wakes_the_runner_and_listens_again() {
    let postgres = postgres().await;
    let other = another_store(&postgres.database).await;
    quiet(&other).await;
    let listeners = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    postgres.database.execute(listeners).await;
    // What was announced in between is unknown.
    timeout(SOON, other.wait()).await.unwrap();
    quiet(&other).await;
    enqueue(&postgres.store, "ana").await;
    timeout(SOON, other.wait()).await.unwrap();
    other.close().await.unwrap();
}

/// What the release before writes: its insert, and its claim.
const INSERT: &str = "INSERT INTO jobs (kind, subject, request_id, created_at, available_at) \
    VALUES ('password_reset', 'ana\"@example.com', 'request', \
        '2026-01-01 00:00:01+00:00', '2026-01-01 00:00:02+00:00')";
const CLAIM: &str = "UPDATE jobs SET available_at = '2026-01-01 00:01:00+00:00', attempts = 3 \
    WHERE job_id = (SELECT min(job_id) FROM jobs)";

/// The migrations before the one of the jobs are not to be had apart: this
/// takes back what that one made.
const TAKEN_BACK: [&str; 3] = [
    "DROP TABLE queued_jobs",
    "DROP TABLE schedules",
    "DELETE FROM seaql_migrations WHERE version = 'm20261125_000011_jobs'",
];

const ROWS: &str = "SELECT queue, payload, dedup_key, request_id, \
    CAST(attempts AS text), CAST(claimed_at IS NULL AND dead_at IS NULL AS text) \
    FROM queued_jobs ORDER BY job_id";

async fn jobs_of_the_release_before_are_all_moved(subject: &dyn StoreSubject, store: &SqlStore) {
    let rows = subject.look(ROWS).await;
    // The databases write JSON and booleans each in their way.
    let rows = rows
        .iter()
        .map(|row| row.replace(' ', "").replace("|true", "|1"));
    let rows: Vec<String> = rows.collect();
    let row = |key: &str, attempts: u32| {
        let payload = r#"{"kind":"password_reset","address":"ana\"@example.com"}"#;
        format!("mail|{payload}|{key}|request|{attempts}|1")
    };
    let key = "password_reset:ana\"@example.com";
    let moved = [row("NULL", 3), row("NULL", 0), row("NULL", 0), row(key, 0)];
    assert_eq!(
        rows, moved,
        "three were there, two came later for one address"
    );
    assert_eq!(subject.look("SELECT job_id FROM jobs").await, [""; 0]);
    let claimed = store.claim(&[MAIL], 9, at(2), LEASE).await.unwrap();
    assert_eq!(claimed.len(), 3, "the lease of the release before lasts");
    assert!(claimed.iter().all(|job| job.created_at == at(1)));
    assert_eq!(
        store.claim(&[MAIL], 9, at(60), LEASE).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn jobs_of_the_release_before_are_all_moved_on_postgres() {
    let postgres = postgres().await;
    let drop = "DROP TRIGGER jobs_to_queued_jobs ON jobs; DROP FUNCTION jobs_to_queued_jobs";
    for sql in [&[drop], &TAKEN_BACK[..]].concat() {
        postgres.database.execute(sql).await;
    }
    for sql in [INSERT, INSERT, INSERT, CLAIM] {
        postgres.database.execute(sql).await;
    }
    postgres.store.migrate().await.unwrap();
    quiet(&postgres.store).await;
    for _ in 0..2 {
        postgres.database.execute(INSERT).await;
    }
    timeout(SOON, postgres.store.wait()).await.unwrap();
    jobs_of_the_release_before_are_all_moved(&postgres, &postgres.store).await;
}

#[tokio::test]
async fn jobs_of_the_release_before_are_all_moved_on_sqlite() {
    let lite = Sqlite::empty().await;
    lite.store.migrate().await.unwrap();
    let file = lite.file();
    let drop = "DROP TRIGGER jobs_to_queued_jobs";
    for sql in [&[drop], &TAKEN_BACK[..]].concat() {
        sqlite::execute(&file, sql).await;
    }
    // As that release writes times on SQLite.
    let [insert, claim] = [INSERT, CLAIM].map(|sql| sql.replace("01 00:", "01T00:"));
    for sql in [&insert, &insert, &insert, &claim] {
        sqlite::execute(&file, sql).await;
    }
    lite.store.migrate().await.unwrap();
    for _ in 0..2 {
        sqlite::execute(&file, &insert).await;
    }
    jobs_of_the_release_before_are_all_moved(&lite, &lite.store).await;
}
