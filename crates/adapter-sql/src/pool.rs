//! A pool whose connections may have died while they lay idle.
//!
//! A restart of the server, a failover or a firewall leaves connections in the
//! pool that are dead. A connection that lay idle for a second is tested before
//! it is used, and so is every other one after some connection was found dead.
//! What such a connection had not begun to do is done once more on another one:
//! a read, and the begin of a transaction.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{Connection as _, Error as SqlxError};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    SqlxPostgresError, Statement,
};

/// From how long on an idle connection is tested before it is used.
const TESTED_AFTER_IDLE: Duration = Duration::from_secs(1);
/// How long the test may take: a connection that a firewall forgot answers
/// never.
const TEST_WITHIN: Duration = Duration::from_millis(500);

/// The pool of connections that read, or of those that write.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    conn: DatabaseConnection,
    suspicion: Suspicion,
}

/// When a connection was last found dead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Suspicion(Arc<Mutex<Option<Instant>>>);

impl Suspicion {
    /// Every connection that lies idle now may be dead too.
    fn raise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it holds for a connection that lies idle for so long.
    fn holds(&self, idle_for: Duration) -> bool {
        let raised = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        raised.is_some_and(|raised| raised.elapsed() <= idle_for)
    }

    /// Tests a connection before it is used, if it may be dead; one that is
    /// fails, and the pool opens another.
    pub(crate) async fn test(
        &self,
        conn: &mut PgConnection,
        idle_for: Duration,
    ) -> Result<bool, SqlxError> {
        if idle_for < TESTED_AFTER_IDLE && !self.holds(idle_for) {
            return Ok(true);
        }
        let tested = tokio::time::timeout(TEST_WITHIN, conn.ping()).await;
        let outcome = tested.unwrap_or_else(|late| {
            Err(SqlxError::Io(std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                late,
            )))
        });
        if outcome.is_err() {
            self.raise();
        }
        outcome.map(|()| true)
    }
}

impl Pool {
    pub(crate) fn new(conn: DatabaseConnection, suspicion: Suspicion) -> Self {
        Self { conn, suspicion }
    }

    /// The connections as sea-orm knows them, for what must not be done twice.
    pub(crate) fn conn(&self) -> &DatabaseConnection {
        &self.conn
    }

    /// Whether a connection turned out to be dead. What may be done twice is then
    /// done once more, on a connection that was tested.
    pub(crate) fn found_dead<T>(&self, outcome: &Result<T, DbErr>) -> bool {
        let dead = outcome.as_ref().err().is_some_and(is_of_dead_connection);
        if dead {
            self.suspicion.raise();
        }
        dead
    }
}

/// Statements that change something are done once.
#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.conn.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.conn.execute_raw(stmt).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.conn.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        let outcome = self.conn.query_one_raw(stmt.clone()).await;
        if self.found_dead(&outcome) {
            return self.conn.query_one_raw(stmt).await;
        }
        outcome
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let outcome = self.conn.query_all_raw(stmt.clone()).await;
        if self.found_dead(&outcome) {
            return self.conn.query_all_raw(stmt).await;
        }
        outcome
    }
}

/// Whether the connection broke, or the server ended it.
fn is_of_dead_connection(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    match error.as_ref() {
        SqlxError::Io(_) | SqlxError::Protocol(_) => true,
        // Ended by an administrator, by a crash, or for being idle.
        SqlxError::Database(reported) => reported
            .try_downcast_ref::<SqlxPostgresError>()
            .is_some_and(|reported| {
                let code = reported.code();
                ["57P01", "57P02", "57P05"].contains(&code)
            }),
        _ => false,
    }
}
