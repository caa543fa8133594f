//! What slows attackers down, and tells about them.

mod alerts;
mod limits;
mod turns;

pub use alerts::AlertService;
pub use limits::{Limits, Quotas};

pub(crate) use turns::Turns;
