use std::error::Error;
use std::process::ExitCode;

/// Why a command ended without doing its work: one clear line, and an exit
/// code that is not zero.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// A failure that exits with 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 1,
        }
    }

    /// A failure caused by an error: what was tried, and the error with its
    /// causes, in one line.
    pub fn caused(tried: impl AsRef<str>, error: &(dyn Error + 'static)) -> Self {
        let mut message = format!("{}: {error}", tried.as_ref());
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Wrappers often repeat what they wrap.
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self::new(message.replace(['\n', '\r'], " "))
    }

    /// The exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}
