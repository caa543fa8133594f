//! The schema that templates of test databases have.

use sea_orm::{DatabaseConnection, TransactionTrait as _};

/// Names the state of the migrations and of their seed.
pub(crate) const HASH: &str = env!("AUTH_SCHEMA_HASH");

/// Applies all migrations.
#[expect(
    clippy::disallowed_methods,
    reason = "a template has no caller that goes away"
)]
pub(crate) async fn migrate(conn: &DatabaseConnection) {
    let tx = conn.begin().await.unwrap();
    auth_migrations::up(&tx).await.unwrap();
    tx.commit().await.unwrap();
}
