//! Work after the answer: typed payloads, the runner that claims and settles
//! jobs, schedules that one instance runs, and the operator's view.
//!
//! A use case asks for work inside its transaction with [`enqueue`]. The
//! store wakes the runner after the commit; nothing else is to be done.

mod admin;
mod handler;
mod payload;
mod runner;
mod schedules;

pub use admin::JobAdministration;
pub use handler::{Handlers, JobContext, JobError, JobHandler};
pub use payload::{JobData, enqueue};
pub use runner::{JobRunner, RunnerOptions};
pub use schedules::{Schedule, ScheduleRunner, ScheduledTask};

use auth_domain::jobs::QueueName;

use crate::mail::MailJob;

/// Every queue that this version has a handler for.
pub const QUEUES: &[QueueName] = &[MailJob::QUEUE];
