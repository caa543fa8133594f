//! Direct access to a SQLite file.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, Database};

/// Runs statements on a SQLite file.
pub async fn execute(file: &Path, sql: &str) {
    let url = format!("sqlite:{}", file.display());
    let conn = Database::connect(url).await.unwrap();
    conn.execute_unprepared(sql).await.unwrap();
    conn.close().await.unwrap();
}
