//! A database as the build before left it: its schema, and rows in all tables.

use async_trait::async_trait;
use auth_migrations::Migrator;
use auth_testkit::contracts::StoreSubject;
use sea_orm::{Database, DatabaseConnection};
use sea_orm_migration::MigratorTrait as _;

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;

/// The last migration of the build before.
const LAST: &str = "m20261124_000009_archived_users";

const ROWS: &str = include_str!("before.sql");

/// What an upgrade is tested with, on either database.
#[async_trait]
pub(super) trait Upgrade: StoreSubject {
    /// Runs all migrations that there are now.
    async fn migrate(&self);

    /// The names of all tables.
    async fn tables(&self) -> Vec<String>;

    /// A query of a table with the columns that it has now.
    async fn all_columns(&self, table: &str) -> String;

    /// References whose row is missing, as the database itself finds them.
    async fn broken_references(&self) -> Vec<String>;

    /// The rows of a query in one order.
    async fn sorted(&self, query: &str) -> Vec<String> {
        let mut rows = self.look(query).await;
        rows.sort_unstable();
        rows
    }
}

pub(super) async fn sqlite() -> Sqlite {
    let sqlite = Sqlite::empty().await;
    let url = format!("sqlite:{}", sqlite.file().display());
    apply_before(&url).await;
    let rows = literals(ROWS, "bytes", |hex| format!("x'{hex}'"));
    let rows = literals(&rows, "uuid", |hex| format!("x'{hex}'"));
    sqlite.execute(&rows).await;
    sqlite
}

pub(super) async fn postgres() -> Postgres {
    let postgres = Postgres::empty().await;
    apply_before(postgres.database.url()).await;
    let rows = literals(ROWS, "bytes", |hex| format!(r"'\x{hex}'::bytea"));
    let rows = literals(&rows, "uuid", |hex| format!("'{hex}'::uuid"));
    postgres.execute(&rows).await;
    postgres
}

/// Applies the migrations up to [`LAST`].
async fn apply_before(url: &str) {
    let migrations = Migrator::migrations();
    let last = migrations.iter().position(|m| m.name() == LAST);
    let steps = u32::try_from(last.unwrap() + 1).unwrap();
    let conn: DatabaseConnection = Database::connect(url).await.unwrap();
    Migrator::up(&conn, Some(steps)).await.unwrap();
    conn.close().await.unwrap();
}

/// The text with each `{word:hex}` as a literal of the database.
fn literals(text: &str, word: &str, literal: impl Fn(&str) -> String) -> String {
    let start = format!("{{{word}:");
    let mut parts = text.split(&*start);
    let mut whole = parts.next().unwrap().to_owned();
    for part in parts {
        let (hex, rest) = part.split_once('}').unwrap();
        whole.push_str(&literal(hex));
        whole.push_str(rest);
    }
    whole
}

#[async_trait]
impl Upgrade for Sqlite {
    async fn migrate(&self) {
        self.store.migrate().await.unwrap();
    }

    async fn tables(&self) -> Vec<String> {
        self.look(
            "SELECT name FROM sqlite_master \
             WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )
        .await
    }

    async fn all_columns(&self, table: &str) -> String {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        format!(
            "SELECT {} FROM {table}",
            self.look(&columns).await.join(", ")
        )
    }

    async fn broken_references(&self) -> Vec<String> {
        self.look("SELECT \"table\" || ' -> ' || parent FROM pragma_foreign_key_check")
            .await
    }
}

#[async_trait]
impl Upgrade for Postgres {
    async fn migrate(&self) {
        self.store.migrate().await.unwrap();
    }

    async fn tables(&self) -> Vec<String> {
        self.look(
            "SELECT table_name::text FROM information_schema.tables \
             WHERE table_schema = 'public'",
        )
        .await
    }

    async fn all_columns(&self, table: &str) -> String {
        let columns = format!(
            "SELECT column_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
        );
        format!(
            "SELECT {} FROM {table}",
            self.look(&columns).await.join(", ")
        )
    }

    async fn broken_references(&self) -> Vec<String> {
        self.look("SELECT conname::text FROM pg_constraint WHERE NOT convalidated")
            .await
    }
}
