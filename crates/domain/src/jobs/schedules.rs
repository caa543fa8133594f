//! Work that is done in every period, by one instance.

use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::PortError;

/// The answer to a claim of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// It is due, and the caller's to run until the lease has passed.
    Now(ScheduleClaim),
    /// It is not due before that time, or another instance runs it and its
    /// lease ends then.
    At(Timestamp),
}

/// The right to run a schedule once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleClaim {
    /// Which schedule.
    pub name: String,
    /// Since when it is due.
    pub due_at: Timestamp,
    /// How often it was claimed since it was last completed, this time
    /// included.
    pub attempts: u32,
    /// When the lease ends. With the attempts it tells one claim from every
    /// other.
    pub leased_until: Timestamp,
}

impl ScheduleClaim {
    /// When the schedule is due after this run: the first time after `now` that
    /// is a whole number of periods after it was due. Periods that passed
    /// without a run are not made up for.
    pub fn next(&self, period: Duration, now: Timestamp) -> Timestamp {
        // A due time in the future (a clock was set back) starts a new count.
        let late = (now - self.due_at).to_std().unwrap_or_default();
        let period = period.max(Duration::from_micros(1));
        let into_period = late.as_micros() % period.as_micros();
        let into_period = u64::try_from(into_period).unwrap_or_default();
        now + period.saturating_sub(Duration::from_micros(into_period))
    }
}

/// Which instance runs what, and when. Each method is an atomic step of its
/// own.
///
/// `complete` and `put_off` end a claim. One that is over (its lease passed
/// and the schedule was claimed again) MUST change nothing.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Schedules: Send + Sync {
    /// Claims a schedule, if it is due, until `lease` has passed. A schedule
    /// that was never claimed is due at once; one whose due time lies more
    /// than a period ahead (the period became shorter, a clock was set back)
    /// is due too. Of many that claim one at once, one MUST get it.
    async fn claim_due(
        &self,
        name: &str,
        period: Duration,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Due, PortError>;

    /// The run is done; the schedule is due again at `next`.
    async fn complete(&self, claim: &ScheduleClaim, next: Timestamp) -> Result<(), PortError>;

    /// The run failed; any instance may try it again at `at`. The schedule
    /// stays due since when it was.
    async fn put_off(&self, claim: &ScheduleClaim, at: Timestamp) -> Result<(), PortError>;
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(seconds: i64) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + TimeDelta::seconds(seconds)
    }

    fn due_at(seconds: i64) -> ScheduleClaim {
        ScheduleClaim {
            name: "cleaning".to_owned(),
            due_at: at(seconds),
            attempts: 1,
            leased_until: at(seconds + 30),
        }
    }

    #[test]
    fn a_run_is_due_whole_periods_after_the_last_one_was() {
        for (now, next) in [
            (100, 160),
            (101, 160),
            (159, 160),
            (160, 220),
            (3_700, 3_760),
        ] {
            assert_eq!(due_at(100).next(MINUTE, at(now)), at(next), "{now}");
        }
    }

    #[test]
    fn a_due_time_that_lies_ahead_starts_a_new_count() {
        assert_eq!(due_at(5_000).next(MINUTE, at(70)), at(130));
    }

    #[test]
    fn without_a_period_a_schedule_is_due_at_once_again() {
        let next = due_at(100).next(Duration::ZERO, at(100));
        assert_eq!(next, at(100) + Duration::from_micros(1));
    }
}
