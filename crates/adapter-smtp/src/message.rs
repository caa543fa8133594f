//! Messages (RFC 5322) with the text as a plain and an HTML alternative.

use auth_domain::clock::Timestamp;
use auth_domain::mail::{Mail, MailError};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

/// Why a mailer could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MailerSetupError {
    /// What stands in `From` is not an address.
    #[error("{0:?} is not an address to send mail from")]
    From(String),
}

/// The sender: `local@domain`, or `Name <local@domain>`.
pub(crate) fn sender(from: &str) -> Result<Mailbox, MailerSetupError> {
    let malformed = || MailerSetupError::From(from.to_owned());
    if from.chars().any(char::is_control) {
        return Err(malformed());
    }
    from.parse().or(Err(malformed()))
}

/// The message of a mail, dated and with an id of its own.
pub(crate) fn compose(
    from: &Mailbox,
    mail: &Mail,
    id: &str,
    now: Timestamp,
) -> Result<Message, MailError> {
    let to: Address = mail.to.as_str().parse().map_err(permanent)?;
    let body = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let message = Message::builder()
        .from(from.clone())
        .to(to.into())
        .subject(mail.subject.as_str())
        .date(now.into())
        .header(AutoSubmitted)
        .message_id(Some(format!("<{id}@{}>", from.email.domain())));
    message.multipart(body).map_err(permanent)
}

/// RFC 3834, section 5: no person wrote it, so that no machine answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn permanent(error: impl std::error::Error + Send + Sync + 'static) -> MailError {
    MailError::Permanent(Box::new(error))
}
