//! Work that is done after the answer: a row written in the transaction that
//! asks for it, claimed by one worker at a time, gone when it is done.

use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::JobId;
use crate::wire_enum;

wire_enum! {
    /// What is to be done.
    JobKind {
        /// Mail a password reset to the account with the address, if there is
        /// one.
        PasswordReset = "password_reset",
        /// Mail a link that verifies the address of a user.
        EmailVerification = "email_verification",
        /// Tell the address that a user had that it is not the user's any
        /// more.
        EmailChanged = "email_changed",
    }
}

/// Work to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// What.
    pub kind: JobKind,
    /// About what, at most 320 characters: the key of an e-mail address; of
    /// `email_changed` the old address itself.
    pub subject: String,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// Work that somebody claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub job: NewJob,
    /// How often it was claimed, this time included.
    pub attempts: u32,
}

/// Jobs, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait JobRepo: Send + Sync {
    /// Appends a job, ready at once.
    async fn enqueue(&mut self, job: &NewJob) -> Result<(), PortError>;

    /// Claims the job that is ready the longest, until `lease` has passed;
    /// `Ok(None)`: none is ready. Two claims MUST NOT get the same job while
    /// its lease lasts; when it has passed, the job is ready again.
    async fn claim(&mut self, now: Timestamp, lease: Duration) -> Result<Option<Job>, PortError>;

    /// Removes a job that is done. A job that was claimed again since MUST
    /// stay: that claim's owner finishes it.
    async fn finish(&mut self, job: &Job) -> Result<(), PortError>;

    /// Makes a job ready again at that time.
    async fn retry(&mut self, job: &Job, at: Timestamp) -> Result<(), PortError>;
}
