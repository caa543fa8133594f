//! Mail: messages of RFC 5322, and handing them over.
//!
//! In this build to a directory only. No text of a mail, which may hold a
//! one-time token, shows in `Debug`, in an error or in a log.

mod file;
mod message;

pub use file::{FileMailer, FileMailerOptions};
pub use message::MailerSetupError;
