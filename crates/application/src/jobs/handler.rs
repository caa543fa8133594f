//! Handlers, and which queue each empties.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::ids::JobId;
use auth_domain::jobs::{ClaimedJob, QueueName};

use super::payload::{self, JobData};
use crate::error::Infrastructure;

/// What a handler knows about a job beside its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobContext {
    /// Its id.
    pub id: JobId,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The number of this attempt, from 1.
    pub attempt: u32,
}

/// Why a job was not done. The handler decides whether trying again can help.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may work later: it is tried again after a while.
    #[error("{0}")]
    Retry(Box<dyn Error + Send + Sync>),
    /// It will never work: the job is dead until an operator redrives it.
    #[error("{0}")]
    Fail(Box<dyn Error + Send + Sync>),
}

impl JobError {
    /// It may work later.
    pub fn retry(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry(reason.into())
    }

    /// It will never work.
    pub fn fail(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Fail(reason.into())
    }
}

impl From<Infrastructure> for JobError {
    fn from(error: Infrastructure) -> Self {
        Self::retry(error)
    }
}

impl From<PortError> for JobError {
    fn from(error: PortError) -> Self {
        Self::retry(error)
    }
}

/// Does the jobs of one queue.
///
/// A job can be run more than once (a process that dies after the work and
/// before it is noted), and several run at once, two with one key too. A
/// handler drops a job that is older than its use by answering `Ok`.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// What its jobs carry; it names the queue.
    type Data: JobData;

    /// Does a job. A run that is not over when the runner's limit has passed
    /// is dropped and counts as one to retry.
    async fn run(&self, data: Self::Data, context: &JobContext) -> Result<(), JobError>;
}

/// The handlers by queue.
#[derive(Clone, Default)]
pub struct Handlers(BTreeMap<QueueName, Arc<dyn AnyHandler>>);

impl Handlers {
    /// No handler.
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and one more, in the place of one of the same queue.
    #[must_use]
    pub fn with<H: JobHandler>(mut self, handler: H) -> Self {
        self.0.insert(H::Data::QUEUE, Arc::new(Typed(handler)));
        self
    }

    /// The queues that have a handler.
    pub fn queues(&self) -> Vec<QueueName> {
        self.0.keys().cloned().collect()
    }

    /// Does a job with the handler of its queue.
    pub(super) async fn run(&self, job: &ClaimedJob) -> Result<(), JobError> {
        let context = &JobContext {
            id: job.id,
            request_id: job.request_id.clone(),
            created_at: job.created_at,
            attempt: job.attempts,
        };
        match self.0.get(&job.queue) {
            Some(handler) => handler.run(job, context).await,
            None => Err(JobError::retry("no handler empties this queue")),
        }
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// A handler whatever its data is.
#[async_trait]
trait AnyHandler: Send + Sync {
    async fn run(&self, job: &ClaimedJob, context: &JobContext) -> Result<(), JobError>;
}

struct Typed<H>(H);

#[async_trait]
impl<H: JobHandler> AnyHandler for Typed<H> {
    async fn run(&self, job: &ClaimedJob, context: &JobContext) -> Result<(), JobError> {
        // A payload of a newer release: a process of that release may take the
        // next attempt.
        let data = payload::read(job).map_err(JobError::retry)?;
        self.0.run(data, context).await
    }
}
