//! Mail: what is written to whom, and the background job that hands it over.

mod jobs;
mod templates;

pub use jobs::{MailJobs, MailPorts, TokenLives};
pub use templates::MailLinks;
