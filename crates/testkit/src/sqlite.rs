//! Direct access to a SQLite file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};
use uuid::Uuid;

use crate::{rows, schema};

/// Makes a file with the schema of this build and its seed: a copy of a
/// template beside the tests' program, which the first test makes.
pub async fn migrated(file: &Path) {
    let template = template();
    if !template.exists() {
        make(&template).await;
    }
    fs::copy(&template, file).unwrap();
}

/// Under another name until it is whole. Of several processes that do that at once
/// the last one's file stays, and all are alike.
async fn make(template: &Path) {
    let unfinished = template.with_extension(Uuid::now_v7().simple().to_string());
    let url = format!("{}?mode=rwc", url(&unfinished));
    let conn = Database::connect(url).await.unwrap();
    schema::migrate(&conn).await;
    conn.close().await.unwrap();
    fs::rename(&unfinished, template).unwrap();
}

fn template() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let name = format!("auth_template_{}.sqlite", schema::HASH);
    program.with_file_name(name)
}

/// Runs statements on a SQLite file.
pub async fn execute(file: &Path, sql: &str) {
    let conn = Database::connect(url(file)).await.unwrap();
    conn.execute_unprepared(sql).await.unwrap();
    conn.close().await.unwrap();
}

/// The rows of a query; see [`StoreSubject::look`](crate::contracts::StoreSubject::look).
pub async fn look(file: &Path, sql: &str) -> Vec<String> {
    rows::look(&url(file), sql).await
}

/// Whether any connection is in a transaction that writes.
pub async fn is_write_locked(file: &Path) -> bool {
    let mut at_once = ConnectOptions::new(url(file));
    at_once.map_sqlx_sqlite_opts(|driver| driver.busy_timeout(Duration::ZERO));
    let conn = Database::connect(at_once).await.unwrap();
    let locked = conn.execute_unprepared("BEGIN IMMEDIATE; ROLLBACK").await;
    conn.close().await.unwrap();
    locked.is_err()
}

fn url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}
