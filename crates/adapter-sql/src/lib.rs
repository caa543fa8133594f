//! The store on SQL: PostgreSQL, and SQLite for the embedded mode and tests.
//!
//! One set of queries serves both databases, and serves reads outside
//! transactions and inside them: each is written once, on
//! [`Sql<C>`](sql::Sql) for any connection `C`. Transactions begin in
//! `begin.rs` only, driver errors become [`PortError`] in `errors.rs` only.
//!
//! [`PortError`]: auth_domain::error::PortError

mod begin;
mod connect;
mod entities;
mod errors;
mod health;
mod list;
mod options;
mod pool;
mod signal;
mod sql;
mod store;

mod audit;
mod events;
mod identity;
mod jobs;
mod organizations;
mod rbac;
mod security;
mod users;

pub use auth_migrations::{MigrationError, MigrationState};
pub use health::{DatabaseProbe, MigrationsProbe};
pub use options::{PostgresOptions, SqliteOptions, TlsMode};
pub use store::SqlStore;
