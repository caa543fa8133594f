//! What slows attackers down, and tells about them.

mod alerts;
mod attempt_queue;
mod limits;
mod schedule;
mod taken_names;

pub use alerts::AlertService;
pub use limits::{Limits, Quotas};

pub(crate) use attempt_queue::AttemptQueue;
pub(crate) use limits::Taken;
pub(crate) use taken_names::TakenNames;
