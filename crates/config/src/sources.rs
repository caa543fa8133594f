//! Where settings come from: flags, the environment, `.env`.

use std::collections::BTreeMap;
use std::{fmt, io};

use crate::dotenv;
use crate::names::{READ_BY_DRIVER, is_of_platform};
use crate::problem::Problem;
use crate::section::Section as _;
use crate::setting::{Declaration, PREFIX};
use crate::settings::{Listen, Settings};

/// The places that settings are read from, the first wins.
#[derive(Clone, Default)]
pub struct Sources {
    flags: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    dotenv: BTreeMap<String, String>,
    /// What could not be read: `.env`, or a variable.
    pub(crate) problems: Vec<Problem>,
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
        let (environment, mut problems) = read_environment();
        let dotenv = read_dotenv().unwrap_or_else(|problem| {
            problems.push(problem);
            BTreeMap::new()
        });
        Self {
            flags: flags
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            environment,
            dotenv,
            problems,
        }
    }

    /// The same without the settings of the listener: for commands that do not
    /// listen, and so must not fail over them.
    #[must_use]
    pub fn without_listener(mut self) -> Self {
        for setting in Listen::DECLARATIONS {
            let prefixed = format!("{PREFIX}{}", setting.name);
            self.flags.remove(setting.name);
            self.environment.remove(&prefixed);
            self.dotenv.remove(&prefixed);
        }
        self
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
    /// that has it wins, also if it sets it to nothing. What a platform wrote by
    /// itself is none.
    pub(crate) fn find(&self, setting: &Declaration, suffix: &str) -> Option<Found> {
        let name = format!("{}{suffix}", setting.name);
        let flag = self.flags.get(&name).map(|value| (value, "command line"));
        let prefixed = format!("{PREFIX}{name}");
        let of = |map: &BTreeMap<String, String>| {
            let mut aliases = setting.aliases.iter();
            let alias = || aliases.find_map(|alias| map.get(&format!("{alias}{suffix}")));
            let found = map.get(&prefixed).or_else(alias)?;
            (!is_link(&name, found)).then(|| found.clone())
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
            .filter(|name| !is_read(name) && !is_of_platform(name))
            .map(str::to_owned)
            .collect();
        unread.sort();
        unread.dedup();
        unread
    }

    /// The variables of libpq in the environment that the driver reads too.
    pub(crate) fn of_driver(&self) -> Vec<&'static str> {
        let names = READ_BY_DRIVER.iter().copied();
        let set = names.filter(|name| self.environment.contains_key(*name));
        set.collect()
    }

    /// The prefixed variables that a platform set to the address of a service.
    pub(crate) fn links(&self) -> Vec<String> {
        let all = self.environment.iter().chain(&self.dotenv);
        let links = all.filter(|(name, value)| {
            let name = name.strip_prefix(PREFIX);
            name.is_some_and(|name| is_link(name, value) && is_read(name))
        });
        links.map(|(name, _)| name.clone()).collect()
    }
}

/// Whether that is what Docker links and Kubernetes write for a service whose
/// name happens to be the beginning of a setting: `NAME_PORT=tcp://10.0.0.1:80`.
fn is_link(name: &str, value: &str) -> bool {
    let address = ["tcp://", "udp://", "sctp://"];
    (name == "PORT" || name.ends_with("_PORT"))
        && address.iter().any(|scheme| value.starts_with(scheme))
}

fn is_read(name: &str) -> bool {
    let plain = name.strip_suffix("_FILE");
    Settings::declarations()
        .any(|setting| setting.name == name || (setting.is_secret() && Some(setting.name) == plain))
}

/// The variables of the process. One of ours that is no UTF-8 is a problem,
/// what others set in such a way is none.
fn read_environment() -> (BTreeMap<String, String>, Vec<Problem>) {
    let (mut variables, mut problems) = (BTreeMap::new(), Vec::new());
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else {
            continue;
        };
        match value.into_string() {
            Ok(value) => drop(variables.insert(name, value)),
            Err(_) if name.starts_with(PREFIX) => {
                problems.push(Problem::new(name, "is not UTF-8"));
            }
            Err(_) => {}
        }
    }
    (variables, problems)
}

/// The variables of `.env`; an absent file has none.
fn read_dotenv() -> Result<BTreeMap<String, String>, Problem> {
    let text = match std::fs::read_to_string(".env") {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(Problem::new(".env", format!("cannot be read: {error}"))),
    };
    dotenv::parse(&text).map_err(|error| Problem::new(".env", error))
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources(redacted)")
    }
}
