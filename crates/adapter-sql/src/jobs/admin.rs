//! Looking at jobs from outside.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::JobId;
use auth_domain::jobs::{
    DeadJobs, JobAdmin, JobFilter, JobRecord, JobState, QueueCounts, QueueName,
};
use sea_orm::QueryResult;

use super::{attempts_column, queue_column};
use crate::SqlStore;
use crate::sql::{column, id_column, word};

macro_rules! records {
    ($dead:literal) => {
        concat!(
            "SELECT job_id, queue, \
                 CASE WHEN dead_at IS NOT NULL THEN 'dead' \
                     WHEN claimed_at IS NOT NULL THEN 'claimed' ELSE 'waiting' END, \
                 request_id, created_at, run_at, attempts, last_error \
             FROM queued_jobs \
             WHERE job_id > $1 AND (CAST($2 AS text) IS NULL OR queue = $2)",
            $dead,
            " ORDER BY job_id LIMIT $3"
        )
    };
}

const LIST: &str = records!("");
const LIST_DEAD: &str = records!(" AND dead_at IS NOT NULL");

const DEAD: &str = "
SELECT job_id FROM queued_jobs
WHERE dead_at IS NOT NULL AND (CAST($1 AS text) IS NULL OR queue = $1) ORDER BY job_id";

const REDRIVE: &str = "
UPDATE queued_jobs SET run_at = $2, dead_at = NULL, attempts = 0
WHERE job_id = $1 AND dead_at IS NOT NULL";

const REMOVE_DEAD: &str = "DELETE FROM queued_jobs WHERE job_id = $1 AND dead_at IS NOT NULL";

// Reads all jobs there are: those that wait and those that are dead.
const COUNTS: &str = "
SELECT queue, count(*) FILTER (WHERE claimed_at IS NULL AND dead_at IS NULL),
    count(*) FILTER (WHERE claimed_at IS NOT NULL), count(*) FILTER (WHERE dead_at IS NOT NULL)
FROM queued_jobs GROUP BY queue ORDER BY queue";

#[async_trait]
impl JobAdmin for SqlStore {
    async fn list(
        &self,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobRecord>, PortError> {
        let values = [
            after.map_or(0, JobId::get).into(),
            name_of(filter.queue.as_ref()).into(),
            i64::from(limit).into(),
        ];
        let list = if filter.dead { LIST_DEAD } else { LIST };
        let rows = self.reads.all(list, values).await?;
        rows.iter().map(record).collect()
    }

    async fn redrive(&self, which: &DeadJobs, now: Timestamp) -> Result<u64, PortError> {
        let queue = match which {
            DeadJobs::One(id) => return self.redrive_one(id.get(), now).await,
            DeadJobs::Of(queue) => Some(queue),
            DeadJobs::All => None,
        };
        let mut redriven = 0;
        for row in self.reads.all(DEAD, [name_of(queue).into()]).await? {
            redriven += self.redrive_one(column(&row, 0)?, now).await?;
        }
        Ok(redriven)
    }

    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError> {
        let rows = self.reads.all(COUNTS, []).await?;
        rows.iter().map(counts).collect()
    }
}

impl SqlStore {
    /// Redrives a job if it is dead, and answers how many that were.
    async fn redrive_one(&self, id: i64, now: Timestamp) -> Result<u64, PortError> {
        let writes = self.writes();
        let announce = "SELECT pg_notify('auth_jobs', 'redriven')";
        let redriven = match writes.execute(REDRIVE, [id.into(), now.into()]).await {
            // A job with the same key waits: it does the work.
            Err(PortError::NotUnique(Constraint::Other)) => {
                return writes.execute(REMOVE_DEAD, [id.into()]).await;
            }
            redriven => redriven?,
        };
        if redriven > 0 && writes.is_postgres() {
            writes.execute(announce, []).await?;
        }
        Ok(redriven)
    }
}

fn name_of(queue: Option<&QueueName>) -> Option<String> {
    queue.map(|queue| queue.as_str().to_owned())
}

fn record(row: &QueryResult) -> Result<JobRecord, PortError> {
    let state: String = column(row, 2)?;
    Ok(JobRecord {
        id: id_column(row, 0)?,
        queue: queue_column(row, 1)?,
        state: word(JobState::parse, &state, "the state of a job")?,
        request_id: column(row, 3)?,
        created_at: column(row, 4)?,
        run_at: column(row, 5)?,
        attempts: attempts_column(row, 6)?,
        last_error: column(row, 7)?,
    })
}

fn counts(row: &QueryResult) -> Result<QueueCounts, PortError> {
    let count = |index| {
        let count: i64 = column(row, index)?;
        u64::try_from(count).or(Err(PortError::corrupt("a count of jobs")))
    };
    Ok(QueueCounts {
        queue: queue_column(row, 0)?,
        waiting: count(1)?,
        claimed: count(2)?,
        dead: count(3)?,
    })
}
