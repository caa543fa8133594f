//! Typed settings, their validation and secrets.
//!
//! Each setting is declared once, as a line of a `section!`. The struct's field,
//! the reading, the bounds, the warning about unknown names, `config print`,
//! `docs/settings.md` and `.env.example` all follow from that line.

mod dotenv;
pub mod generated;
mod kinds;
mod names;
mod notices;
mod problem;
mod reader;
mod rules;
pub mod secrets;
#[macro_use]
mod section;
mod setting;
mod settings;
mod sources;
mod weak;

pub use notices::Notice;
pub use problem::{Problem, SettingsErrors};
pub use setting::Setting;
pub use settings::{
    Alerts, Argon2, Described, Environment, Http, Installation, Limits, Listen, LogFormat, Logs,
    Mail, MailTransport, Metrics, Policy, Postgres, Rabbit, Redis, Settings, SharedSecrets, Sqlite,
    TlsMode, TokenAlgorithm, Tokens,
};
pub use sources::Sources;
