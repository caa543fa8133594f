//! The settings as the service uses them, a section for each part.

mod describe;
mod edge;
mod installation;
mod limits;
mod mail;
mod passwords;
mod policy;
mod stores;
#[cfg(test)]
mod tests;
mod tokens;

use std::path::PathBuf;

use crate::notices::{Notice, about_unread};
use crate::problem::{Problem, SettingsErrors};
use crate::reader::Reader;
use crate::rules;
use crate::setting::Declaration;
use crate::sources::Sources;

pub use self::describe::Described;
pub use self::edge::{Http, Listen, LogFormat, Logs, Metrics};
pub use self::installation::{Environment, Installation};
pub use self::limits::{Alerts, Limits};
pub use self::mail::{Mail, MailTransport};
pub use self::passwords::Argon2;
pub use self::policy::Policy;
pub(crate) use self::stores::is_loopback;
pub use self::stores::{Postgres, Rabbit, Redis, Sqlite, TlsMode};
pub use self::tokens::{SharedSecrets, TokenAlgorithm, Tokens};

sections! {
    /// All settings, checked.
    #[derive(Debug, Clone)]
    pub struct Settings {
        /// The installation.
        pub installation: Installation,
        /// Where to listen, and how to end.
        pub listen: Listen,
        /// HTTP.
        pub http: Http,
        /// Logs.
        pub logs: Logs,
        /// The embedded database, where PostgreSQL is not chosen.
        pub sqlite: Sqlite,
        /// PostgreSQL; without it the database is the embedded one.
        pub postgres: Option<Postgres>,
        /// Redis; without it caches and counts stay in each process.
        pub redis: Option<Redis>,
        /// RabbitMQ; without it events stay in each process.
        pub rabbit: Option<Rabbit>,
        /// Tokens and sessions.
        pub tokens: Tokens,
        /// Shared secrets.
        pub secrets: SharedSecrets,
        /// Metrics.
        pub metrics: Metrics,
        /// Password hashing.
        pub argon2: Argon2,
        /// Limits.
        pub limits: Limits,
        /// Security alerts.
        pub alerts: Alerts,
        /// Mail.
        pub mail: Mail,
        /// Decisions.
        pub policy: Policy,
    }
}

impl Settings {
    /// Reads and checks all settings; on problems answers all of them.
    ///
    /// `further` finds what only the adapters know to be wrong. It is called
    /// also when there are problems already; each setting with one then has the
    /// value that it has when it is not set.
    pub fn load(
        sources: &Sources,
        further: impl FnOnce(&Self) -> Vec<Problem>,
    ) -> Result<(Self, Vec<Notice>), SettingsErrors> {
        let mut reader = Reader::new(sources);
        let settings = Self::read(&mut reader);
        rules::apply(&settings, &mut reader);
        let Reader {
            mut problems,
            mut notices,
            ..
        } = reader;
        problems.extend(further(&settings));
        if !problems.is_empty() {
            return Err(SettingsErrors(problems));
        }
        notices.extend(about_unread(sources));
        Ok((settings, notices))
    }

    /// Every setting, in the order of the page.
    pub(crate) fn declarations() -> impl Iterator<Item = &'static Declaration> {
        let groups = Self::GROUPS.iter();
        groups.flat_map(|group| group.declarations.iter().copied())
    }

    /// Which adapter was chosen and why; then every setting with its value and
    /// where it came from. `sources` are those that were loaded.
    pub fn describe(&self, sources: &Sources) -> Vec<Described> {
        describe::describe(sources, self)
    }

    /// Whether the database is the embedded one.
    pub fn is_embedded(&self) -> bool {
        self.postgres.is_none()
    }

    /// `iss` of access tokens.
    pub fn token_issuer(&self) -> String {
        let public_url = self.http.public_url.as_ref();
        let issuer = self.tokens.issuer.clone();
        let of_url = || public_url.map(|url| url.as_str().trim_end_matches('/').to_owned());
        issuer
            .or_else(of_url)
            .unwrap_or_else(|| "auth-microservice".to_owned())
    }

    /// The directory that mail is written to.
    pub fn mail_directory(&self) -> PathBuf {
        self.installation.data_dir.join("mail")
    }
}

/// As many threads as the machine runs at once.
fn one_a_processor(_: Environment) -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}
