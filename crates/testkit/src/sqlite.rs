//! Direct access to a SQLite file.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, Database};

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

fn url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}
