//! Queries on any connection: the pool's, or one transaction's.

use auth_domain::error::PortError;
use auth_domain::ids::IdOutOfRange;
use sea_orm::{ColIdx, ConnectionTrait, DbBackend, QueryResult, Statement, TryGetable, Value};

use crate::errors::port_error;

/// A connection that the queries of this crate are written on.
///
/// Each `*Queries` port is implemented for every `C`, each repository that
/// writes for a transaction only.
#[derive(Debug)]
pub(crate) struct Sql<C>(pub(crate) C);

/// One query in the words of each database.
pub(crate) struct Dialects {
    pub(crate) postgres: &'static str,
    pub(crate) sqlite: &'static str,
}

/// What `C` must be: any connection of sea-orm.
pub(crate) trait Connection: ConnectionTrait + Send + Sync {}
impl<C: ConnectionTrait + Send + Sync> Connection for C {}

impl<C: Connection> Sql<C> {
    /// The connection, for sea-orm.
    pub(crate) fn conn(&self) -> &C {
        &self.0
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.0.get_database_backend() == DbBackend::Postgres
    }

    /// The query in the words of this database.
    pub(crate) fn in_dialect(&self, query: &Dialects) -> &'static str {
        if self.is_postgres() {
            query.postgres
        } else {
            query.sqlite
        }
    }

    fn statement<const N: usize>(&self, sql: &str, values: [Value; N]) -> Statement {
        Statement::from_sql_and_values(self.0.get_database_backend(), sql, values)
    }

    /// The first row of a query with `$1`, `$2`, … for the values.
    pub(crate) async fn one<const N: usize>(
        &self,
        sql: &'static str,
        values: [Value; N],
    ) -> Result<Option<QueryResult>, PortError> {
        let statement = self.statement(sql, values);
        self.0.query_one_raw(statement).await.map_err(port_error)
    }

    /// All rows of a query.
    pub(crate) async fn all<const N: usize>(
        &self,
        sql: &'static str,
        values: [Value; N],
    ) -> Result<Vec<QueryResult>, PortError> {
        let statement = self.statement(sql, values);
        self.0.query_all_raw(statement).await.map_err(port_error)
    }

    /// How many rows a statement changed.
    pub(crate) async fn execute<const N: usize>(
        &self,
        sql: &'static str,
        values: [Value; N],
    ) -> Result<u64, PortError> {
        let statement = self.statement(sql, values);
        let result = self.0.execute_raw(statement).await.map_err(port_error)?;
        Ok(result.rows_affected())
    }
}

/// A column of a row, by its name, or by its place in a hot constant query.
pub(crate) fn column<T: TryGetable>(row: &QueryResult, index: impl ColIdx) -> Result<T, PortError> {
    row.try_get_by(index).map_err(port_error)
}

/// An id of a row, by the name or the place of its column.
pub(crate) fn id_column<I>(row: &QueryResult, index: impl ColIdx) -> Result<I, PortError>
where
    I: TryFrom<i64, Error = IdOutOfRange>,
{
    id(column(row, index)?)
}

/// An id from the store.
pub(crate) fn id<I>(value: i64) -> Result<I, PortError>
where
    I: TryFrom<i64, Error = IdOutOfRange>,
{
    I::try_from(value).map_err(PortError::corrupt)
}

/// A word of the store; `what` names the column.
pub(crate) fn word<T>(
    parse: impl FnOnce(&str) -> Option<T>,
    text: &str,
    what: &'static str,
) -> Result<T, PortError> {
    parse(text).ok_or_else(|| PortError::corrupt(what))
}
