//! Where settings come from: flags, the environment, `.env`.

use std::collections::BTreeMap;
use std::fmt;

use crate::table::{Entry, PREFIX, TABLE};

/// The places that settings are read from, the first wins.
#[derive(Clone, Default)]
pub struct Sources {
    flags: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    dotenv: BTreeMap<String, String>,
    /// Why `.env` could not be read.
    pub(crate) dotenv_error: Option<String>,
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
        let (dotenv, dotenv_error) = read_dotenv();
        Self {
            flags: flags
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            environment: environment.collect(),
            dotenv,
            dotenv_error,
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

    /// The value of a setting, with the suffix `_FILE` or none.
    pub(crate) fn find(&self, entry: &Entry, suffix: &str) -> Option<Found> {
        let found = |value: &String, origin| Found {
            value: value.clone(),
            origin,
        };
        let name = format!("{}{suffix}", entry.name);
        let prefixed = format!("{PREFIX}{name}");
        if let Some(value) = self.flags.get(&name) {
            return Some(found(value, "command line"));
        }
        let bare = || entry.bare.iter().map(|bare| format!("{bare}{suffix}"));
        let of = |map: &BTreeMap<String, String>, origin| {
            let direct = map.get(&prefixed).map(|value| found(value, origin));
            direct.or_else(|| {
                bare()
                    .find_map(|b| map.get(&b))
                    .map(|value| found(value, origin))
            })
        };
        of(&self.environment, "environment").or_else(|| of(&self.dotenv, ".env"))
    }

    /// Whether a variable with that beginning is set to something.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        let prefixed = format!("{PREFIX}{name}");
        let set =
            |map: &BTreeMap<String, String>| map.get(&prefixed).is_some_and(|v| !v.is_empty());
        self.flags.contains_key(name) || set(&self.environment) || set(&self.dotenv)
    }

    /// Whether a setting, or the file that it can be read from, is set.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.is_set(name) || self.is_set(&format!("{name}_FILE"))
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
    TABLE
        .iter()
        .any(|entry| entry.name == name || (entry.secret && Some(entry.name) == plain))
}

fn read_dotenv() -> (BTreeMap<String, String>, Option<String>) {
    let Ok(lines) = dotenvy::from_path_iter(".env") else {
        return (BTreeMap::new(), None);
    };
    match lines.collect::<Result<BTreeMap<_, _>, _>>() {
        Ok(pairs) => (pairs, None),
        // The error's text would quote the line, which may hold a secret.
        Err(_unquoted) => (
            BTreeMap::new(),
            Some(".env has a line that is not NAME=value".into()),
        ),
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources(redacted)")
    }
}
