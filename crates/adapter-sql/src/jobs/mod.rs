//! Jobs.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::jobs::{Job, JobKind, JobRepo, NewJob};
use sea_orm::{DatabaseTransaction, QueryResult};

use crate::sql::{Sql, column, id_column, word};

/// Claims the first ready job; `$lock` is said of the row that is chosen.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE jobs SET available_at = $2, attempts = attempts + 1 \
             WHERE job_id = (SELECT job_id FROM jobs WHERE available_at <= $1 \
                 ORDER BY available_at, job_id LIMIT 1",
            $lock,
            ") RETURNING job_id, kind, subject, request_id, created_at, attempts"
        )
    };
}

// Nobody waits for a job that another transaction is claiming. On SQLite the
// transaction itself is the lock.
const CLAIM_POSTGRES: &str = claim!(" FOR UPDATE SKIP LOCKED");
const CLAIM_SQLITE: &str = claim!("");

#[async_trait]
impl JobRepo for Sql<DatabaseTransaction> {
    async fn enqueue(&mut self, job: &NewJob) -> Result<(), PortError> {
        self.execute(
            "INSERT INTO jobs (kind, subject, request_id, created_at, available_at) \
             VALUES ($1, $2, $3, $4, $4)",
            [
                job.kind.as_str().into(),
                job.subject.as_str().into(),
                job.request_id.clone().into(),
                job.created_at.into(),
            ],
        )
        .await?;
        Ok(())
    }

    async fn claim(&mut self, now: Timestamp, lease: Duration) -> Result<Option<Job>, PortError> {
        let claim = if self.is_postgres() {
            CLAIM_POSTGRES
        } else {
            CLAIM_SQLITE
        };
        let row = self.one(claim, [now.into(), (now + lease).into()]).await?;
        row.map(|row| claimed(&row)).transpose()
    }

    async fn finish(&mut self, job: &Job) -> Result<(), PortError> {
        self.execute(
            "DELETE FROM jobs WHERE job_id = $1 AND attempts = $2",
            [job.id.get().into(), i64::from(job.attempts).into()],
        )
        .await?;
        Ok(())
    }

    async fn retry(&mut self, job: &Job, at: Timestamp) -> Result<(), PortError> {
        self.execute(
            "UPDATE jobs SET available_at = $3 WHERE job_id = $1 AND attempts = $2",
            [
                job.id.get().into(),
                i64::from(job.attempts).into(),
                at.into(),
            ],
        )
        .await?;
        Ok(())
    }
}

fn claimed(row: &QueryResult) -> Result<Job, PortError> {
    let kind: String = column(row, 1)?;
    let attempts: i32 = column(row, 5)?;
    Ok(Job {
        id: id_column(row, 0)?,
        job: NewJob {
            kind: word(JobKind::parse, &kind, "jobs.kind")?,
            subject: column(row, 2)?,
            request_id: column(row, 3)?,
            created_at: column(row, 4)?,
        },
        attempts: u32::try_from(attempts).or(Err(PortError::corrupt("jobs.attempts")))?,
    })
}
