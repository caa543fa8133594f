//! Looking at jobs from outside.

use async_trait::async_trait;

use super::QueueName;
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::JobId;
use crate::wire_enum;

wire_enum! {
    /// Where a job stands.
    JobState {
        /// It waits for its time or for a runner.
        Waiting = "waiting",
        /// A runner has it, or had it and its lease has passed.
        Claimed = "claimed",
        /// It failed for good and waits for an operator.
        Dead = "dead",
    }
}

/// A job as an operator sees it: without its payload, which can name a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// Its queue.
    pub queue: QueueName,
    /// Where it stands.
    pub state: JobState,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it can be claimed next: its time, or the end of the lease. Of a
    /// dead job, when it died.
    pub run_at: Timestamp,
    /// How often it was claimed.
    pub attempts: u32,
    /// Why the last attempt failed; of a dead job, why it is dead.
    pub last_error: Option<String>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Those of one queue; `None`: of all.
    pub queue: Option<QueueName>,
    /// The dead ones only.
    pub dead: bool,
}

/// Which dead jobs to redrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadJobs {
    /// One.
    One(JobId),
    /// All of a queue.
    Of(QueueName),
    /// All.
    All,
}

/// How many jobs of a queue there are. A queue without jobs has no counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueCounts {
    /// The queue.
    pub queue: QueueName,
    /// Jobs that wait.
    pub waiting: u64,
    /// Jobs that are claimed.
    pub claimed: u64,
    /// Dead jobs.
    pub dead: u64,
}

/// Jobs for an operator. Each method is an atomic step of its own, but for
/// `redrive`, which takes one for each job.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait JobAdmin: Send + Sync {
    /// At most `limit` jobs with ids above `after`, by id.
    async fn list(
        &self,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobRecord>, PortError>;

    /// Lets dead jobs wait again from `now` on, as if they were never tried,
    /// and answers how many. One whose key waits already is removed instead,
    /// and counted: that job does the work. Jobs that are not dead are left
    /// alone.
    async fn redrive(&self, which: &DeadJobs, now: Timestamp) -> Result<u64, PortError>;

    /// How many jobs there are, by queue.
    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError>;
}
