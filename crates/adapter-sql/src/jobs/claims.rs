//! Doing the work.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::jobs::{ClaimedJob, JobClaims, JobPayload, QueueName};
use sea_orm::{QueryResult, Value};

use super::{attempts_column, queue_column};
use crate::SqlStore;
use crate::sql::{Dialects, column, id_column};

/// The job of a claim that still holds.
macro_rules! of_claim {
    () => {
        " WHERE job_id = $1 AND attempts = $2 AND claimed_at = $3"
    };
}

// PostgreSQL evaluates the subquery once because it is an array, and passes
// over rows that another claim or an `enqueue` holds. On SQLite the statement
// has the one writer to itself.
const CLAIM: Dialects = Dialects {
    postgres: "
UPDATE queued_jobs SET run_at = $2, claimed_at = $1, attempts = attempts + 1
WHERE job_id = ANY (ARRAY (
    SELECT job_id FROM queued_jobs
    WHERE dead_at IS NULL AND run_at <= $1 AND queue = ANY (string_to_array($3, ','))
    ORDER BY run_at, job_id LIMIT $4 FOR UPDATE SKIP LOCKED))
RETURNING job_id, queue, payload, request_id, created_at, attempts, claimed_at",
    sqlite: "
UPDATE queued_jobs SET run_at = $2, claimed_at = $1, attempts = attempts + 1
WHERE job_id IN (
    SELECT job_id FROM queued_jobs
    WHERE dead_at IS NULL AND run_at <= $1 AND instr(',' || $3 || ',', ',' || queue || ',') > 0
    ORDER BY run_at, job_id LIMIT $4)
RETURNING job_id, queue, payload, request_id, created_at, attempts, claimed_at",
};

const FINISH: &str = concat!("DELETE FROM queued_jobs", of_claim!());

const RETRY: &str = concat!(
    "UPDATE queued_jobs SET run_at = $4, claimed_at = NULL, last_error = $5",
    of_claim!()
);

const FAIL: &str = concat!(
    "UPDATE queued_jobs SET run_at = $4, dead_at = $4, claimed_at = NULL, last_error = $5",
    of_claim!()
);

#[async_trait]
impl JobClaims for SqlStore {
    async fn claim(
        &self,
        queues: &[QueueName],
        most: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<ClaimedJob>, PortError> {
        let names: Vec<&str> = queues.iter().map(QueueName::as_str).collect();
        let values = [
            now.into(),
            (now + lease).into(),
            names.join(",").into(),
            i64::from(most).into(),
        ];
        let writes = self.writes();
        let rows = writes.all(writes.in_dialect(&CLAIM), values).await?;
        let mut jobs: Vec<ClaimedJob> = rows.iter().map(claimed).collect::<Result<_, _>>()?;
        jobs.sort_unstable_by_key(|job| (job.created_at, job.id));
        Ok(jobs)
    }

    async fn finish(&self, job: &ClaimedJob) -> Result<(), PortError> {
        self.writes().execute(FINISH, claim_of(job)).await?;
        Ok(())
    }

    async fn retry(&self, job: &ClaimedJob, at: Timestamp, error: &str) -> Result<(), PortError> {
        let [id, attempts, claimed_at] = claim_of(job);
        let values = [id, attempts, claimed_at, at.into(), error.into()];
        match self.writes().execute(RETRY, values).await {
            // A job with the same key waits: it does the work.
            Err(PortError::NotUnique(Constraint::Other)) => self.finish(job).await,
            retried => retried.map(|_rows| ()),
        }
    }

    async fn fail(&self, job: &ClaimedJob, at: Timestamp, reason: &str) -> Result<(), PortError> {
        let [id, attempts, claimed_at] = claim_of(job);
        let values = [id, attempts, claimed_at, at.into(), reason.into()];
        self.writes().execute(FAIL, values).await?;
        Ok(())
    }
}

fn claim_of(job: &ClaimedJob) -> [Value; 3] {
    [
        job.id.get().into(),
        i64::from(job.attempts).into(),
        job.claimed_at.into(),
    ]
}

fn claimed(row: &QueryResult) -> Result<ClaimedJob, PortError> {
    Ok(ClaimedJob {
        id: id_column(row, 0)?,
        queue: queue_column(row, 1)?,
        payload: JobPayload::from_json(column(row, 2)?),
        request_id: column(row, 3)?,
        created_at: column(row, 4)?,
        attempts: attempts_column(row, 5)?,
        claimed_at: column(row, 6)?,
    })
}
