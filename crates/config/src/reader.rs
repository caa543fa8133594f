//! From text to values, with every problem kept.

use std::fmt;

use secrecy::SecretString;

use crate::dotenv::without_bom;
use crate::notices::Notice;
use crate::problem::Problem;
use crate::setting::{Declaration, Setting};
use crate::settings::{Environment, Installation};
use crate::sources::Sources;

/// Reads settings one by one, and keeps what is wrong with them.
pub(crate) struct Reader<'s> {
    pub(crate) sources: &'s Sources,
    pub(crate) environment: Environment,
    pub(crate) problems: Vec<Problem>,
    pub(crate) notices: Vec<Notice>,
    /// The secrets that were read, for rules between them.
    pub(crate) secrets: Vec<(&'static Declaration, SecretString)>,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(sources: &'s Sources) -> Self {
        let mut reader = Self {
            sources,
            environment: Environment::Production,
            problems: sources.problems.clone(),
            notices: Vec::new(),
            secrets: Vec::new(),
        };
        reader.environment = reader.get(&Installation::ENVIRONMENT);
        reader
    }

    /// The value of a setting. Where its text is wrong, that is a problem, and
    /// the answer is what it would be without a text: so that rules about
    /// several settings still find the problems of the others.
    pub(crate) fn get<T>(&mut self, setting: &'static Setting<T>) -> T {
        let declaration = &setting.declaration;
        let Some(text) = self.text(declaration) else {
            return setting.without_text(self.environment);
        };
        if text.is_empty() {
            return (setting.unset)(self.environment);
        }
        if declaration.is_secret() {
            self.secrets.push((declaration, text.as_str().into()));
        }
        match (setting.parse)(&text, &declaration.form) {
            Ok(value) => value,
            Err(wrong) => {
                self.problem(declaration, wrong);
                setting.without_text(self.environment)
            }
        }
    }

    pub(crate) fn problem(&mut self, declaration: &Declaration, text: impl fmt::Display) {
        let problem = Problem::new(declaration.variable(), text);
        self.problems.push(problem);
    }

    /// The text that a source gives; empty only where that means something.
    fn text(&mut self, declaration: &Declaration) -> Option<String> {
        let found = self.sources.find(declaration, "").map(|found| found.value);
        match found {
            Some(text) if !text.is_empty() || declaration.empty_is_none => Some(text),
            _ if declaration.is_secret() => self.text_of_file(declaration),
            _ => None,
        }
    }

    /// The text of the file that `NAME_FILE` names.
    fn text_of_file(&mut self, declaration: &Declaration) -> Option<String> {
        let path = self.sources.find(declaration, "_FILE")?.value;
        if path.is_empty() {
            return None;
        }
        let wrong = match std::fs::read_to_string(&path) {
            Ok(text) => {
                let secret = without_bom(&text).trim_end_matches(['\n', '\r']);
                if !secret.is_empty() {
                    return Some(secret.to_owned());
                }
                format!("{path} is empty")
            }
            Err(error) => format!("{path} cannot be read: {error}"),
        };
        let variable = format!("{}_FILE", declaration.variable());
        self.problems.push(Problem::new(variable, wrong));
        None
    }
}
