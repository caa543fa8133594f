//! The one place where a transaction begins.
//!
//! A future of sea-orm's `begin` that is dropped while it runs (sea-orm 2.0.4
//! on sqlx 0.9.0) gives its connection back to the pool with a transaction
//! open, and whatever is written on that connection later vanishes. So `begin`
//! runs in a task of its own, which is never dropped: when the caller has gone
//! away, the task's result, a whole transaction, is dropped and rolls back.

use sea_orm::{
    AccessMode, ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};

use crate::pool::Pool;

/// A transaction that can write. PostgreSQL: READ COMMITTED, with row locks
/// where a rule needs them. SQLite: IMMEDIATE, so that it never has to upgrade
/// a read lock and fail on it.
pub(crate) async fn begin_write(pool: &Pool) -> Result<DatabaseTransaction, DbErr> {
    let options = match pool.get_database_backend() {
        DbBackend::Sqlite => TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        },
        _ => TransactionOptions::default(),
    };
    begin(pool, options).await
}

/// A transaction whose reads all see one moment, and which cannot write.
pub(crate) async fn begin_snapshot(pool: &Pool) -> Result<DatabaseTransaction, DbErr> {
    let options = match pool.get_database_backend() {
        DbBackend::Sqlite => TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
            ..TransactionOptions::default()
        },
        _ => TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        },
    };
    begin(pool, options).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place: see the module's comment"
)]
async fn begin(pool: &Pool, options: TransactionOptions) -> Result<DatabaseTransaction, DbErr> {
    let pool = pool.clone();
    let task = tokio::spawn(async move {
        let outcome = pool.conn().begin_with_options(options).await;
        if pool.found_dead(&outcome) {
            return pool.conn().begin_with_options(options).await;
        }
        outcome
    });
    task.await
        .unwrap_or_else(|error| Err(DbErr::Custom(format!("begin did not finish: {error}"))))
}
