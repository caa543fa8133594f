//! Tasks that one instance runs in each period.

use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::jobs::{Due, ScheduleClaim, Schedules};
use futures::FutureExt as _;

use super::runner::{WAITS, text};

/// When a task is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Its name: one row of the store, so it stays what it is.
    pub name: &'static str,
    /// It is run once in so much time, however many instances there are.
    pub period: Duration,
    /// How long a run is no other instance's. A run may take four fifths of
    /// it.
    pub lease: Duration,
}

/// A task of a schedule. A run can be repeated: by another instance, when this
/// one died in the middle of it.
#[async_trait]
pub trait ScheduledTask: Send + Sync {
    /// When it is run.
    fn schedule(&self) -> Schedule;

    /// Runs it once.
    async fn run(&self) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Runs tasks that are due. A loop of the worker for each task asks when.
pub struct ScheduleRunner {
    schedules: Arc<dyn Schedules>,
    clock: Arc<dyn Clock>,
}

impl ScheduleRunner {
    /// A runner over its ports.
    pub fn new(schedules: Arc<dyn Schedules>, clock: Arc<dyn Clock>) -> Self {
        Self { schedules, clock }
    }

    /// Runs a task if it is due and no other instance runs it, and answers how
    /// long to wait before asking again. A task that fails is logged and put
    /// off; the error is that of the store.
    pub async fn run_if_due(&self, task: &dyn ScheduledTask) -> Result<Duration, PortError> {
        let schedule = task.schedule();
        let now = self.clock.now();
        let due = self
            .schedules
            .claim_due(schedule.name, schedule.period, now, schedule.lease)
            .await?;
        match due {
            // The lease of another instance can be long, and that instance can
            // be done long before: asking once in a period is enough.
            Due::At(at) => Ok(until(at, now).min(schedule.period)),
            Due::Now(claim) => self.run(task, schedule, &claim).await,
        }
    }

    async fn run(
        &self,
        task: &dyn ScheduledTask,
        schedule: Schedule,
        claim: &ScheduleClaim,
    ) -> Result<Duration, PortError> {
        let limit = schedule.lease / 5 * 4;
        let run = AssertUnwindSafe(task.run()).catch_unwind();
        let failure = match tokio::time::timeout(limit, run).await {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(text(&*error)),
            Ok(Err(_panic_that_was_printed)) => Some("the task panicked".to_owned()),
            Err(_elapsed) => Some("the run took longer than its lease allows".to_owned()),
        };
        let now = self.clock.now();
        let Some(error) = failure else {
            count(schedule.name, "done");
            let next = claim.next(schedule.period, now);
            self.schedules.complete(claim, next).await?;
            return Ok(until(next, now));
        };
        count(schedule.name, "failed");
        let (name, attempts) = (schedule.name, claim.attempts);
        tracing::warn!(schedule = name, attempts, error, "a scheduled task failed");
        let wait = WAITS.wait_after(attempts, 0);
        self.schedules.put_off(claim, now + wait).await?;
        Ok(wait)
    }
}

impl fmt::Debug for ScheduleRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScheduleRunner").finish_non_exhaustive()
    }
}

fn count(schedule: &'static str, outcome: &'static str) {
    metrics::counter!("auth_schedule_runs_total", "schedule" => schedule, "outcome" => outcome)
        .increment(1);
}

/// The time from `now` to `at`; none when that has passed.
fn until(at: Timestamp, now: Timestamp) -> Duration {
    (at - now).to_std().unwrap_or_default()
}
