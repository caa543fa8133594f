//! Which instance runs what, and when.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::jobs::{Due, ScheduleClaim, Schedules};
use sea_orm::Value;

use super::attempts_column;
use crate::SqlStore;
use crate::sql::column;

// A schedule without a row is due now.
const CLAIM: &str = "
INSERT INTO schedules (name, due_at, leased_until, attempts) VALUES ($1, $2, $3, 1)
ON CONFLICT (name) DO UPDATE
    SET leased_until = excluded.leased_until, attempts = schedules.attempts + 1
    WHERE (schedules.due_at <= $2 OR schedules.due_at > $4)
        AND (schedules.leased_until IS NULL OR schedules.leased_until <= $2)
RETURNING due_at, attempts, leased_until";

const STANDING: &str = "SELECT due_at, leased_until FROM schedules WHERE name = $1";

macro_rules! of_claim {
    () => {
        " WHERE name = $1 AND attempts = $2 AND leased_until = $3"
    };
}

const COMPLETE: &str = concat!(
    "UPDATE schedules SET due_at = $4, leased_until = NULL, attempts = 0",
    of_claim!()
);

const PUT_OFF: &str = concat!("UPDATE schedules SET leased_until = $4", of_claim!());

#[async_trait]
impl Schedules for SqlStore {
    async fn claim_due(
        &self,
        name: &str,
        period: Duration,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Due, PortError> {
        let values = [
            name.into(),
            now.into(),
            (now + lease).into(),
            (now + period).into(),
        ];
        if let Some(row) = self.writes().one(CLAIM, values).await? {
            return Ok(Due::Now(ScheduleClaim {
                name: name.to_owned(),
                due_at: column(&row, 0)?,
                attempts: attempts_column(&row, 1)?,
                leased_until: column(&row, 2)?,
            }));
        }
        let row = self.reads.one(STANDING, [name.into()]).await?;
        let row = row.ok_or(PortError::Stale)?;
        let (due_at, leased_until): (Timestamp, Option<Timestamp>) =
            (column(&row, 0)?, column(&row, 1)?);
        Ok(Due::At(leased_until.map_or(due_at, |end| end.max(due_at))))
    }

    async fn complete(&self, claim: &ScheduleClaim, next: Timestamp) -> Result<(), PortError> {
        self.end(COMPLETE, claim, next).await
    }

    async fn put_off(&self, claim: &ScheduleClaim, at: Timestamp) -> Result<(), PortError> {
        self.end(PUT_OFF, claim, at).await
    }
}

impl SqlStore {
    async fn end(
        &self,
        statement: &'static str,
        claim: &ScheduleClaim,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let values: [Value; 4] = [
            claim.name.as_str().into(),
            i64::from(claim.attempts).into(),
            claim.leased_until.into(),
            at.into(),
        ];
        self.writes().execute(statement, values).await?;
        Ok(())
    }
}
