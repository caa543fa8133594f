//! One setting: what is declared about it, and how its text becomes a value.

use std::fmt;

use crate::problem::Problem;
use crate::settings::Environment;

/// The prefix of every variable.
pub(crate) const PREFIX: &str = "AUTH_MICROSERVICE_";

/// A setting whose value is a `T`.
///
/// A `section!` declares it; its kind (see `kinds`) says what text it takes.
/// Every setting has a value: that of its text, of its default, or of `unset`.
#[derive(Debug)]
pub struct Setting<T> {
    pub(crate) declaration: Declaration,
    /// Reads a text; the error says what is wrong with it, without the name.
    pub(crate) parse: fn(&str, &Form) -> Result<T, String>,
    /// The value where there is neither a text nor a default.
    pub(crate) unset: fn(Environment) -> T,
}

/// What is declared about a setting, whatever its type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declaration {
    /// The variable without [`PREFIX`].
    pub(crate) name: &'static str,
    /// What it means, with the unit.
    pub(crate) meaning: &'static str,
    /// What it can be.
    pub(crate) form: Form,
    /// Its text when no source sets it; empty: none.
    pub(crate) default: &'static str,
    /// Whether an empty text turns the default off, instead of choosing it.
    pub(crate) empty_is_none: bool,
    /// Names without prefix that are read too.
    pub(crate) aliases: &'static [&'static str],
    /// Whether its value may be shown.
    pub(crate) secrecy: Secrecy,
}

/// What a setting can be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// A text, described.
    Text(&'static str),
    /// A whole number, both bounds included.
    Number {
        /// The least that it can be.
        least: u64,
        /// The most that it can be.
        most: u64,
    },
}

/// Whether a value may be shown, and how it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// It may be shown.
    Public,
    /// A shared secret that clients present or that signs: it must be random.
    SharedSecret,
    /// The password of an account on another server, which judges it.
    Password,
    /// A private key: its form is judged.
    PrivateKey,
}

impl<T: Default> Setting<T> {
    /// A setting of a form; without a text it is `T`'s default value.
    pub(crate) const fn new(form: Form, parse: fn(&str, &Form) -> Result<T, String>) -> Self {
        Self {
            declaration: Declaration {
                name: "",
                meaning: "",
                form,
                default: "",
                empty_is_none: false,
                aliases: &[],
                secrecy: Secrecy::Public,
            },
            parse,
            unset: |_| T::default(),
        }
    }
}

impl<T> Setting<T> {
    /// The text that counts when no source sets it.
    pub(crate) const fn default(mut self, text: &'static str) -> Self {
        self.declaration.default = text;
        self
    }

    /// The value when no source sets it, if that is not a text.
    pub(crate) const fn unset(mut self, value: fn(Environment) -> T) -> Self {
        self.unset = value;
        self
    }

    /// Set to nothing, it is unset, in spite of its default.
    pub(crate) const fn empty_is_none(mut self) -> Self {
        self.declaration.empty_is_none = true;
        self
    }

    /// Names without prefix that are read too.
    pub(crate) const fn also_read_as(mut self, names: &'static [&'static str]) -> Self {
        self.declaration.aliases = names;
        self
    }

    /// The value is never shown, and `NAME_FILE` can name a file with it.
    pub(crate) const fn secrecy(mut self, secrecy: Secrecy) -> Self {
        self.declaration.secrecy = secrecy;
        self
    }

    /// The name and the meaning: the last step, which `section!` does.
    pub(crate) const fn named(mut self, name: &'static str, meaning: &'static str) -> Self {
        self.declaration.name = name;
        self.declaration.meaning = meaning;
        self
    }

    /// The value where there is no text.
    pub(crate) fn without_text(&self, environment: Environment) -> T {
        let Declaration { default, form, .. } = &self.declaration;
        let parsed = Some(*default).filter(|text| !text.is_empty());
        let parsed = parsed.and_then(|text| (self.parse)(text, form).ok());
        parsed.unwrap_or_else(|| (self.unset)(environment))
    }

    /// Its name without the prefix, as a flag of the command line sets it.
    pub const fn name(&self) -> &'static str {
        self.declaration.name
    }

    /// The variable that sets it.
    pub fn variable(&self) -> String {
        self.declaration.variable()
    }

    /// Something that is wrong with its value; `text` must not show a secret.
    pub fn problem(&self, text: impl fmt::Display) -> Problem {
        Problem::new(self.declaration.variable(), text)
    }
}

impl Declaration {
    /// The variable that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// What it means, as a sentence.
    pub(crate) fn meaning(&self) -> &'static str {
        self.meaning.trim()
    }

    /// Whether its value is never shown.
    pub(crate) fn is_secret(&self) -> bool {
        self.secrecy != Secrecy::Public
    }
}

impl Form {
    /// What is wrong with a text that has another form.
    pub(crate) fn refuse(&self, text: &str) -> String {
        format!("must be {self}, and is {text:?}")
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(what) => f.write_str(what),
            Self::Number { least, most } => write!(f, "a whole number from {least} to {most}"),
        }
    }
}
