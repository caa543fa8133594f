//! The installation as a whole.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use crate::kinds::{parsed, text};

/// What the installation is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Environment {
    /// Real users.
    #[default]
    Production,
    /// A developer's machine: secrets may be weak, logs are text.
    Development,
    /// Automatic tests.
    Test,
}

impl FromStr for Environment {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.to_lowercase().as_str() {
            "development" | "dev" => Self::Development,
            "test" | "pytest" => Self::Test,
            _ => Self::Production,
        })
    }
}

section! {
    /// The installation as a whole.
    #[derive(Debug, Clone)]
    pub struct Installation {
        /// What the installation is for; any other value counts as production.
        ENVIRONMENT => pub environment: Environment =
            parsed::<Environment, _>("production, development or test").default("production"),
        /// Where embedded mode keeps its database and secrets; mail goes to `mail` in it.
        DATA_DIR => pub data_dir: PathBuf = text().default("./data"),
    }
}
