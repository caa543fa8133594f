//! Mail: what is written to which user, and the handler of the queue `mail`, which
//! hands it over.

mod handler;
mod job;
mod templates;

pub use handler::{MailHandler, MailPorts, TokenLives};
pub use job::MailJob;
pub use templates::MailLinks;
