//! Direct access to a SQLite file.

use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};

use crate::rows;

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

/// Whether somebody is in a transaction that writes.
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
