//! What is wrong with settings.

use std::fmt;

/// Something that is wrong with one setting. It never shows a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    source: String,
    text: String,
}

impl Problem {
    /// `source`: the variable or the file that is wrong.
    pub(crate) fn new(source: impl Into<String>, text: impl fmt::Display) -> Self {
        Self {
            source: source.into(),
            text: text.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.text)
    }
}

/// Every problem of the settings, shown one a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsErrors(pub(crate) Vec<Problem>);

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are not in order:")?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
