//! Doing the work.

use std::time::Duration;

use async_trait::async_trait;

use super::{JobPayload, QueueName};
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::JobId;

/// A job under a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Its id.
    pub id: JobId,
    /// Which handler does it.
    pub queue: QueueName,
    /// What the handler needs to know.
    pub payload: JobPayload,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// How often it was claimed, this time included, since it was asked for or
    /// redriven.
    pub attempts: u32,
    /// When this claim was made. With the attempts it tells one claim from
    /// every other.
    pub claimed_at: Timestamp,
}

/// Jobs for the runner. Each method is an atomic step of its own.
///
/// `finish`, `retry` and `fail` end a claim. One that is over (the lease
/// passed and the job was claimed again, or it was ended before) MUST change
/// nothing: the job belongs to another claim.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait JobClaims: Send + Sync {
    /// Claims at most `most` jobs of those queues until `lease` has passed,
    /// those that are ready the longest, in the order they were asked for.
    /// Two claims MUST NOT get one job while its lease lasts; when the lease
    /// has passed, the job is ready again.
    async fn claim(
        &self,
        queues: &[QueueName],
        most: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<ClaimedJob>, PortError>;

    /// Removes a job that is done.
    async fn finish(&self, job: &ClaimedJob) -> Result<(), PortError>;

    /// Lets a job wait until `at` and keeps `error` with it. Where a job of
    /// its key waits by now, that one does the work, and this one is removed.
    async fn retry(&self, job: &ClaimedJob, at: Timestamp, error: &str) -> Result<(), PortError>;

    /// Makes a job dead: it stays, with the reason, and is claimed no more
    /// until an operator redrives it.
    async fn fail(&self, job: &ClaimedJob, at: Timestamp, reason: &str) -> Result<(), PortError>;
}
