//! Typed settings, their validation and secrets.
//!
//! One table lists every setting; parsing, the warning about unknown names,
//! `docs/settings.md`, `.env.example` and `config print` all follow from it.

pub mod generated;
mod load;
pub mod secrets;
mod settings;
mod sources;
mod table;

pub use load::{Notice, SettingsErrors};
pub use settings::{
    Argon2, Database, Described, Environment, Http, Listen, LogFormat, Logs, Metrics, Policy,
    Postgres, Settings, SharedSecrets, Sqlite, Tokens,
};
pub use sources::Sources;
