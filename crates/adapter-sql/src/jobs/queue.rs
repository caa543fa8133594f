//! Asking for work.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::jobs::{JobQueue, NewJob};
use sea_orm::DatabaseTransaction;

use crate::sql::{Dialects, Sql};

/// Adds a job. One that waits under the key is written as it stands: that
/// changes nothing and locks it, so that no claim takes it before this
/// transaction has ended.
macro_rules! enqueue {
    () => {
        "INSERT INTO queued_jobs (queue, payload, dedup_key, request_id, created_at, run_at) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (queue, dedup_key) \
             WHERE dedup_key IS NOT NULL AND claimed_at IS NULL AND dead_at IS NULL \
             DO UPDATE SET dedup_key = excluded.dedup_key"
    };
}

// PostgreSQL delivers the notification with the commit, or never.
const ENQUEUE: Dialects = Dialects {
    postgres: concat!(
        "WITH added AS (",
        enqueue!(),
        " RETURNING queue) SELECT pg_notify('auth_jobs', queue) FROM added"
    ),
    sqlite: enqueue!(),
};

#[async_trait]
impl JobQueue for Sql<DatabaseTransaction> {
    async fn enqueue(&mut self, job: &NewJob) -> Result<(), PortError> {
        let values = [
            job.queue.as_str().into(),
            job.payload.as_json().into(),
            job.dedup_key.clone().into(),
            job.request_id.clone().into(),
            job.created_at.into(),
            job.run_at.into(),
        ];
        self.execute(self.in_dialect(&ENQUEUE), values).await?;
        Ok(())
    }
}
