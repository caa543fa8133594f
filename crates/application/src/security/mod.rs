//! What slows attackers down, and tells about them.

mod alerts;
mod attempt_queue;
mod limits;
mod schedule;

pub use alerts::AlertService;
pub use limits::{Limits, Quotas};

pub(crate) use attempt_queue::AttemptQueue;
pub(crate) use limits::Taken;
