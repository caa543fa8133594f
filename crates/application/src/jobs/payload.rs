//! Payloads with a type.

use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::jobs::{ClaimedJob, JobPayload, JobQueue, NewJob, QueueName};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What jobs of one queue carry. It is stored as JSON, and read by the release
/// after this one too: a field that is added needs a default.
pub trait JobData: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The queue.
    const QUEUE: QueueName;

    /// Jobs with one key are the same work, and at most one of them waits.
    /// `None`: this job is like no other.
    fn dedup_key(&self) -> Option<String>;
}

/// Asks for a job inside a transaction, to be done as soon as that has
/// committed.
pub async fn enqueue<D: JobData>(
    jobs: &mut dyn JobQueue,
    data: &D,
    request_id: Option<&str>,
    at: Timestamp,
) -> Result<(), PortError> {
    let json = serde_json::to_string(data).map_err(|e| PortError::Backend(Box::new(e)))?;
    let job = NewJob {
        queue: D::QUEUE,
        payload: JobPayload::from_json(json),
        run_at: at,
        dedup_key: data.dedup_key(),
        request_id: request_id.map(str::to_owned),
        created_at: at,
    };
    jobs.enqueue(&job).await
}

/// The data of a job.
pub(super) fn read<D: JobData>(job: &ClaimedJob) -> Result<D, serde_json::Error> {
    serde_json::from_str(job.payload.as_json())
}
