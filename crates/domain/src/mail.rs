//! Mail.

use std::fmt;

use async_trait::async_trait;

use crate::users::EmailAddress;

/// A mail to one person. Its text may hold a one-time token: redacted in
/// `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: EmailAddress,
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// Why a mail could not be handed over. Never names the text.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may work later: the server is away or busy.
    #[error("the mail could not be handed over now")]
    Temporary(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It will never work: the address is refused.
    #[error("the mail was refused for good")]
    Permanent(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Hands mail over to the server or directory that delivers it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one mail over. `Ok`: it is the other side's now.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
