//! Typed settings, their validation and secrets.
//!
//! One table lists every setting; parsing, the warning about unknown names,
//! `docs/settings.md`, `.env.example` and `config print` all follow from it.

pub mod generated;
mod load;
mod names;
pub mod secrets;
mod settings;
mod sources;
mod table;

pub use load::{Notice, SettingsErrors};
pub use settings::{
    Argon2, Database, Described, Environment, Http, Limits, Listen, LogFormat, Logs, Mail, Metrics,
    Policy, Postgres, Redis, Settings, SharedSecrets, Sqlite, TokenAlgorithm, Tokens,
};
pub use sources::Sources;
