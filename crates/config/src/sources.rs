//! Where settings come from: flags, the environment, `.env`.

use std::collections::BTreeMap;
use std::fmt;

use crate::problem::Problem;
use crate::setting::{Declaration, PREFIX};
use crate::settings::Settings;

/// The places that settings are read from, the first wins.
#[derive(Clone, Default)]
pub struct Sources {
    flags: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    dotenv: BTreeMap<String, String>,
    /// Why `.env` could not be read.
    pub(crate) problem: Option<Problem>,
}

/// A value and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) value: String,
    pub(crate) origin: &'static str,
}

impl Sources {
    /// The flags of the command line (names without prefix), the environment
    /// of the process, and `.env` in the working directory.
    pub fn from_process(flags: Vec<(&'static str, String)>) -> Self {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let (dotenv, problem) = match read_dotenv() {
            Ok(pairs) => (pairs, None),
            Err(problem) => (BTreeMap::new(), Some(problem)),
        };
        Self {
            flags: flags
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            environment: environment.collect(),
            dotenv,
            problem,
        }
    }

    /// Only these variables, with their full names.
    pub fn from_pairs<'a>(environment: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            environment: environment.into_iter().map(owned).collect(),
            ..Self::default()
        }
    }

    /// The same with variables of a `.env` file.
    #[must_use]
    pub fn with_dotenv<'a>(mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        self.dotenv = pairs.into_iter().map(owned).collect();
        self
    }

    /// The text of a setting, with the suffix `_FILE` or none. The first source
    /// that has it wins, also if it sets it to nothing.
    pub(crate) fn find(&self, setting: &Declaration, suffix: &str) -> Option<Found> {
        let name = format!("{}{suffix}", setting.name);
        let flag = self.flags.get(&name).map(|value| (value, "command line"));
        let prefixed = format!("{PREFIX}{name}");
        let of = |map: &BTreeMap<String, String>| {
            let mut aliases = setting.aliases.iter();
            let alias = || aliases.find_map(|alias| map.get(&format!("{alias}{suffix}")));
            map.get(&prefixed).or_else(alias).cloned()
        };
        let environment = || Some((of(&self.environment)?, "environment"));
        let dotenv = || Some((of(&self.dotenv)?, ".env"));
        let flag = flag.map(|(value, origin)| (value.clone(), origin));
        let found = flag.or_else(environment).or_else(dotenv);
        found.map(|(value, origin)| Found { value, origin })
    }

    /// Whether a setting is set to something.
    pub(crate) fn is_set(&self, setting: &Declaration) -> bool {
        let found = self.find(setting, "");
        found.is_some_and(|found| !found.value.is_empty())
    }

    /// Whether a setting, or the file that it can be read from, is set.
    pub(crate) fn is_given(&self, setting: &Declaration) -> bool {
        let file = || self.find(setting, "_FILE");
        let in_file = || file().is_some_and(|found| !found.value.is_empty());
        self.is_set(setting) || (setting.is_secret() && in_file())
    }

    /// The variables of those settings that are given.
    pub(crate) fn given(&self, settings: &[&Declaration]) -> Vec<String> {
        let given = settings.iter().filter(|setting| self.is_given(setting));
        given.map(|setting| setting.variable()).collect()
    }

    /// The prefixed variables that no setting reads, without their prefix.
    pub(crate) fn unread(&self) -> Vec<String> {
        let all = self.environment.keys().chain(self.dotenv.keys());
        let names = all.filter_map(|name| name.strip_prefix(PREFIX));
        let mut unread: Vec<String> = names
            .filter(|name| !is_read(name))
            .map(str::to_owned)
            .collect();
        unread.sort();
        unread.dedup();
        unread
    }
}

fn is_read(name: &str) -> bool {
    let plain = name.strip_suffix("_FILE");
    Settings::declarations()
        .any(|setting| setting.name == name || (setting.is_secret() && Some(setting.name) == plain))
}

/// The lines of `.env`; an absent file has none.
fn read_dotenv() -> Result<BTreeMap<String, String>, Problem> {
    let problem = |text: &str| Problem::new(".env", text);
    let lines = match dotenvy::from_path_iter(".env") {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return Ok(BTreeMap::new()),
        Err(error) => return Err(problem(&format!("cannot be read: {error}"))),
    };
    lines
        .collect::<Result<_, _>>()
        .map_err(|error| match error {
            dotenvy::Error::Io(error) => problem(&format!("cannot be read: {error}")),
            // The error's own text would quote the line, which may hold a secret.
            _ => problem("has a line that is not NAME=value"),
        })
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources(redacted)")
    }
}
