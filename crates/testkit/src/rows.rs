//! Rows of any query, as text.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait as _, Database, QueryResult, Statement, TryGetable};
use uuid::Uuid;

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

/// A value of any type that the schema has. The driver refuses to read a
/// column as another type than its own.
fn column(row: &QueryResult, index: usize) -> String {
    let found = None
        .or_else(|| value::<String>(row, index, |text| text))
        .or_else(|| value::<i64>(row, index, |number| number.to_string()))
        .or_else(|| value::<i32>(row, index, |number| number.to_string()))
        .or_else(|| value::<bool>(row, index, |truth| truth.to_string()))
        .or_else(|| value::<DateTime<Utc>>(row, index, |time| time.to_rfc3339()))
        .or_else(|| value::<NaiveDate>(row, index, |date| date.to_string()))
        .or_else(|| value::<Uuid>(row, index, |id| id.simple().to_string()))
        .or_else(|| value::<Vec<u8>>(row, index, |bytes| hex(&bytes)));
    found.unwrap_or_else(|| panic!("column {index} of {:?}", row.column_names()))
}

/// `None`: the column is of another type.
fn value<T>(row: &QueryResult, index: usize, text: impl Fn(T) -> String) -> Option<String>
where
    Option<T>: TryGetable,
{
    let value = row.try_get_by_index::<Option<T>>(index).ok()?;
    Some(value.map_or_else(|| "NULL".to_owned(), text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
