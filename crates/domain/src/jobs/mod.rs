//! Work that is done after the answer.
//!
//! A job is a row that the transaction of the change writes. A runner claims
//! it under a lease, and the row goes when the work is done. Whatever ends a
//! process in between, the lease ends and the job is claimed again: work is
//! done at least once, so a handler must bear being run twice.
//!
//! A schedule is the same promise for work that nothing asks for: of all
//! instances, one runs it in each period.

mod admin;
mod queue;
mod runner;
mod schedules;
mod signal;

pub use admin::{DeadJobs, JobAdmin, JobFilter, JobRecord, JobState, QueueCounts};
pub use queue::{JobPayload, JobQueue, NewJob, QueueName};
pub use runner::{ClaimedJob, JobClaims};
pub use schedules::{Due, ScheduleClaim, Schedules};
pub use signal::JobSignal;
#[cfg(feature = "mocks")]
pub use {
    admin::MockJobAdmin, queue::MockJobQueue, runner::MockJobClaims, schedules::MockSchedules,
    signal::MockJobSignal,
};
