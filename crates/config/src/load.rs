//! From text to types, with every problem said at once.

use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;

use crate::names::{KNOWN_SECRETS, NOT_IN_THIS_BUILD, OBSOLETE};
use crate::sources::Sources;
use crate::table::{Entry, PREFIX, TABLE};

/// Every problem of the settings, one a line. Never the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings are not in order:\n  {}", .0.join("\n  "))]
pub struct SettingsErrors(pub(crate) Vec<String>);

/// Something about the settings that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Nothing is wrong.
    Info(String),
    /// Something is probably not as it was meant.
    Warning(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Info(text) => f.write_str(text),
            Self::Warning(text) => write!(f, "Warning: {text}"),
        }
    }
}

/// Reads settings one by one and keeps what is wrong.
pub(crate) struct Reader<'s> {
    sources: &'s Sources,
    pub(crate) errors: Vec<String>,
    pub(crate) notices: Vec<Notice>,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(sources: &'s Sources) -> Self {
        let errors = sources.dotenv_error.iter().cloned().collect();
        Self {
            sources,
            errors,
            notices: Vec::new(),
        }
    }

    pub(crate) fn problem(&mut self, name: &str, text: impl fmt::Display) {
        self.errors.push(format!("{PREFIX}{name}: {text}"));
    }

    /// The text of a setting or its default; `None` where both are nothing.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        let entry = entry(name)?;
        let found = self.sources.find(entry, "").map(|found| found.value);
        let text = found.filter(|value| !value.is_empty());
        text.or_else(|| Some(entry.default.to_owned()).filter(|default| !default.is_empty()))
    }

    /// The text of a setting for which nothing means nothing.
    pub(crate) fn text_or_none(&mut self, name: &'static str) -> Option<String> {
        let entry = entry(name)?;
        let found = self.sources.find(entry, "").map(|found| found.value);
        Some(found.unwrap_or_else(|| entry.default.to_owned())).filter(|value| !value.is_empty())
    }

    /// A setting of a type that is read from text.
    pub(crate) fn parsed<T>(&mut self, name: &'static str, what: &str) -> Option<T>
    where
        T: FromStr,
    {
        let text = self.text(name)?;
        let parsed = text.trim().parse().ok();
        if parsed.is_none() {
            self.problem(name, format_args!("must be {what}, and is {text:?}"));
        }
        parsed
    }

    /// A whole number inside bounds.
    pub(crate) fn number(&mut self, name: &'static str, least: u64, most: u64) -> u64 {
        let what = format!("a whole number from {least} to {most}");
        let number: Option<u64> = self.parsed(name, &what);
        let Some(number) = number else {
            return least;
        };
        if !(least..=most).contains(&number) {
            self.problem(name, format_args!("must be {what}, and is {number}"));
        }
        number
    }

    /// A list separated by commas.
    pub(crate) fn list<T: FromStr>(&mut self, name: &'static str, what: &str) -> Vec<T> {
        let text = self.text(name).unwrap_or_default();
        let mut list = Vec::new();
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            match item.parse() {
                Ok(item) => list.push(item),
                Err(_) => self.problem(name, format_args!("must be {what}, and one is {item:?}")),
            }
        }
        list
    }

    /// A secret, from its variable or from the file that `NAME_FILE` names.
    /// `strict`: a known or short one is a problem.
    pub(crate) fn secret(&mut self, name: &'static str, strict: bool) -> Option<SecretString> {
        let value = self.secret_text(name)?;
        let known = KNOWN_SECRETS.contains(&value.to_lowercase().as_str());
        let mut characters = value.chars();
        let first = characters.next();
        let repeated = characters.all(|c| Some(c) == first);
        if strict && (known || repeated) {
            self.problem(name, "is a value that everybody knows: set a random one");
        } else if strict && value.len() < 32 {
            self.problem(name, "is shorter than 32 bytes: set a random one, for example of `openssl rand -base64 48`");
        }
        Some(value.into())
    }

    /// A secret that is a private key in PEM, of which only the form is judged.
    pub(crate) fn pem_secret(&mut self, name: &'static str) -> Option<SecretString> {
        let value = self.secret_text(name)?;
        if !value.contains("-----BEGIN PRIVATE KEY-----") {
            let text = "is not a private key in PEM (PKCS#8, not encrypted): make one, for \
                        example with `openssl genpkey -algorithm ed25519`";
            self.problem(name, text);
        }
        Some(value.into())
    }

    /// The text of the file that a setting names, which must hold public keys
    /// in PEM.
    pub(crate) fn pem_file(&mut self, name: &'static str) -> Option<String> {
        let path = self.text(name)?;
        let text = self.file(name, &path)?;
        if !text.contains("-----BEGIN PUBLIC KEY-----") {
            self.problem(name, format_args!("{path} holds no public key in PEM"));
        }
        Some(text)
    }

    fn secret_text(&mut self, name: &'static str) -> Option<String> {
        let entry = entry(name)?;
        let given = self.sources.find(entry, "").map(|found| found.value);
        let given = given.filter(|value| !value.is_empty());
        given.or_else(|| self.secret_file(entry))
    }

    fn secret_file(&mut self, entry: &Entry) -> Option<String> {
        let path = self.sources.find(entry, "_FILE")?.value;
        if path.is_empty() {
            return None;
        }
        let name = format!("{}_FILE", entry.name);
        let text = self.file(&name, &path)?;
        let secret = text.trim_end_matches(['\n', '\r']);
        if secret.is_empty() {
            self.problem(&name, format_args!("{path} is empty"));
            return None;
        }
        Some(secret.to_owned())
    }

    fn file(&mut self, name: &str, path: &str) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.problem(name, format_args!("{path} cannot be read: {error}"));
                None
            }
        }
    }
}

pub(crate) fn entry(name: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.name == name)
}

/// What to say about variables that no setting reads.
pub(crate) fn notices(sources: &Sources) -> Vec<Notice> {
    let mut obsolete = Vec::new();
    let mut notices = Vec::new();
    for name in sources.unread() {
        let begins = |list: &[&str]| list.iter().any(|beginning| name.starts_with(beginning));
        if begins(OBSOLETE) {
            obsolete.push(format!("{PREFIX}{name}"));
        } else if begins(NOT_IN_THIS_BUILD) {
            let text = format!("{PREFIX}{name} is set, but its adapter is not in this build");
            notices.push(Notice::Warning(text));
        } else {
            let nearest = TABLE.iter().max_by(|a, b| {
                strsim::jaro_winkler(a.name, &name).total_cmp(&strsim::jaro_winkler(b.name, &name))
            });
            let nearest = nearest.map_or("", |entry| entry.name);
            let text =
                format!("{PREFIX}{name} is unknown; the nearest known one is {PREFIX}{nearest}");
            notices.push(Notice::Warning(text));
        }
    }
    if !obsolete.is_empty() {
        let names = obsolete.join(", ");
        notices.push(Notice::Info(format!(
            "no longer used, and ignored: {names}"
        )));
    }
    notices
}
