//! Lists by pages, on sea-query.
//!
//! The rule of this crate: a single statement on the path of every request is
//! constant SQL, a list is built here. A list is a `SELECT` without condition,
//! a [`Filter`], and the columns that its key is made of.

use auth_domain::error::PortError;
use auth_domain::page::{ListKey, Page, PageRequest};
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait as _, IntoColumnRef, Order, SelectStatement, Value as SqlValue,
};
use sea_orm::{QueryResult, Value};

use crate::errors::port_error;
use crate::sql::{Connection, Sql};

/// Which rows a list holds: all its conditions are met.
#[derive(Debug, Clone)]
pub(crate) struct Filter(Condition);

impl Filter {
    /// Every row.
    pub(crate) fn all() -> Self {
        Self(Condition::all())
    }

    /// Only rows whose column has the value; absent: any.
    #[must_use]
    pub(crate) fn equals(
        self,
        column: impl IntoColumnRef,
        value: Option<impl Into<SqlValue>>,
    ) -> Self {
        match value {
            Some(value) => self.and(Expr::col(column).eq(Expr::value(value))),
            None => self,
        }
    }

    /// Only rows that meet the condition.
    #[must_use]
    pub(crate) fn and(self, condition: Expr) -> Self {
        Self(self.0.add(condition))
    }
}

/// Where a page starts: the columns of the key, the last of them unique, and
/// the values that they have in the last row of the page before. All of them
/// are sorted in one direction.
#[derive(Debug)]
pub(crate) struct Keyset {
    pub(crate) columns: Vec<Expr>,
    pub(crate) direction: Order,
    pub(crate) after: Option<Vec<Value>>,
}

impl Keyset {
    /// By one column, its lowest values first.
    pub(crate) fn by(column: impl IntoColumnRef, after: Option<impl Into<Value>>) -> Self {
        Self {
            columns: vec![Expr::col(column)],
            direction: Order::Asc,
            after: after.map(|value| vec![value.into()]),
        }
    }

    /// The same with the highest values first.
    #[must_use]
    pub(crate) fn descending(self) -> Self {
        Self {
            direction: Order::Desc,
            ..self
        }
    }

    /// Restricts a query to one page and sorts it. Databases compare rows of
    /// values as an index over the columns sorts them.
    fn apply(self, select: &mut SelectStatement, limit: u64) {
        if let Some(after) = self.after {
            let here = Expr::tuple(self.columns.clone());
            let there = Expr::tuple(after.into_iter().map(Expr::value));
            select.and_where(match self.direction {
                Order::Desc => here.lt(there),
                _ => here.gt(there),
            });
        }
        for column in self.columns {
            select.order_by_expr(column, self.direction.clone());
        }
        select.limit(limit);
    }
}

/// Whether a column that is compared bytewise begins with a text; `sql` is
/// what is compared for it. Said as a range, so that an index serves it.
pub(crate) fn begins_with(
    column: impl IntoColumnRef + Clone,
    text: &str,
    sql: impl Fn(String) -> Expr,
) -> Condition {
    // No character comes after the last one of Unicode.
    let end = format!("{text}{}", char::MAX);
    Condition::all()
        .add(Expr::col(column.clone()).gte(sql(text.to_owned())))
        .add(Expr::col(column).lt(sql(end)))
}

impl<C: Connection> Sql<C> {
    /// A column compared bytewise, as SQLite does by itself.
    pub(crate) fn bytewise(&self, column: (&'static str, &'static str)) -> Expr {
        let (table, name) = column;
        if self.is_postgres() {
            Expr::cust(format!(r#""{table}"."{name}" COLLATE "C""#))
        } else {
            Expr::col(column)
        }
    }

    /// One page of a list: `row` reads a row, `key` is the key of one.
    pub(crate) async fn page<T, K: ListKey>(
        &self,
        mut select: SelectStatement,
        Filter(filter): Filter,
        keyset: Keyset,
        page: &PageRequest<K>,
        row: impl Fn(&QueryResult) -> Result<T, PortError>,
        key: impl Fn(&T) -> K,
    ) -> Result<Page<T, K>, PortError> {
        select.cond_where(filter);
        keyset.apply(&mut select, page.fetch_limit());
        let rows = self.conn().query_all(&select).await.map_err(port_error)?;
        let found: Vec<T> = rows.iter().map(row).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page, key))
    }
}
