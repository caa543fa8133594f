//! The schema, once, for PostgreSQL and SQLite.
//!
//! Migrations only go forward, and each leaves the release before it working.
//! A new one is a new file named by its date, listed in [`Migrator`]; one that
//! is released never changes. Nothing here begins a transaction: the caller
//! hands one in, so that a set of migrations applies as a whole or not at all.

mod apply;
mod compatibility;
mod dialect;
mod seed;
mod sqlite;

mod m20261124_000001_organizations_and_users;
mod m20261124_000002_rbac;
mod m20261124_000003_sessions;
mod m20261124_000004_activity_and_audit;
mod m20261124_000005_outbox;
mod m20261124_000006_schema_info;
mod m20261124_000007_seed;
mod m20261124_000008_identity;
mod m20261124_000009_archived_users;
mod m20261125_000010_memberships;
mod m20261125_000011_jobs;
mod m20261125_000012_text_ids;
mod m20261125_000014_superseded_sessions;
mod m20261125_000016_user_search;
mod m20261125_000017_inbox;
mod m20261126_000018_outbox_relay;
mod m20261126_000019_familiar_networks;
mod m20261126_000020_name_keys;
mod m20261126_000021_self_registered;
mod m20261126_000022_live_sessions;

pub use apply::{MigrationState, pending, status, up};
pub use compatibility::check_compatible;

use sea_orm_migration::sea_orm::DbErr;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All migrations, in the order they apply.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_organizations_and_users::Migration),
            Box::new(m20261124_000002_rbac::Migration),
            Box::new(m20261124_000003_sessions::Migration),
            Box::new(m20261124_000004_activity_and_audit::Migration),
            Box::new(m20261124_000005_outbox::Migration),
            Box::new(m20261124_000006_schema_info::Migration),
            Box::new(m20261124_000007_seed::Migration),
            Box::new(m20261124_000008_identity::Migration),
            Box::new(m20261124_000009_archived_users::Migration),
            Box::new(m20261125_000010_memberships::Migration),
            Box::new(m20261125_000011_jobs::Migration),
            Box::new(m20261125_000012_text_ids::Migration),
            Box::new(m20261125_000014_superseded_sessions::Migration),
            Box::new(m20261125_000016_user_search::Migration),
            Box::new(m20261125_000017_inbox::Migration),
            Box::new(m20261126_000018_outbox_relay::Migration),
            Box::new(m20261126_000019_familiar_networks::Migration),
            Box::new(m20261126_000020_name_keys::Migration),
            Box::new(m20261126_000021_self_registered::Migration),
            Box::new(m20261126_000022_live_sessions::Migration),
        ]
    }
}

/// Why the schema cannot be used or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The schema is for newer versions of the application only.
    #[error(
        "the database needs version {minimum} or newer of this application, this is {version}{}: \
         upgrade the application",
        unknown_suffix(unknown)
    )]
    TooNew {
        /// The oldest version that may use the schema.
        minimum: semver::Version,
        /// The version that asked.
        version: semver::Version,
        /// Applied migrations that this version does not know.
        unknown: Vec<String>,
    },
    /// A version is not of the form `1.2.3`.
    #[error("{what} is not a version: {text:?}")]
    Version {
        /// Whose version.
        what: &'static str,
        /// What stands there instead.
        text: String,
        /// What is wrong with it.
        source: semver::Error,
    },
    /// The database refused or did not answer.
    #[error("the database reported an error")]
    Database(#[from] DbErr),
}

fn unknown_suffix(unknown: &[String]) -> String {
    match unknown {
        [] => String::new(),
        names => format!(" and does not know {}", names.join(", ")),
    }
}
