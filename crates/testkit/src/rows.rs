//! Rows of any query, as text.

use sea_orm::{ConnectionTrait as _, Database, QueryResult, Statement};

pub(crate) async fn look(url: &str, sql: &str) -> Vec<String> {
    let conn = Database::connect(url).await.unwrap();
    let query = Statement::from_string(conn.get_database_backend(), sql);
    let rows = conn.query_all_raw(query).await.unwrap();
    conn.close().await.unwrap();
    rows.iter().map(text).collect()
}

fn text(row: &QueryResult) -> String {
    let columns = 0..row.column_names().len();
    let texts: Vec<String> = columns.map(|index| column(row, index)).collect();
    texts.join("|")
}

fn column(row: &QueryResult, index: usize) -> String {
    if let Ok(text) = row.try_get_by_index::<Option<String>>(index) {
        return text.unwrap_or_else(|| "NULL".to_owned());
    }
    let number = row.try_get_by_index::<i64>(index);
    number.expect("a text or an integer").to_string()
}
