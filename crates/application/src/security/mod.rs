//! What slows attackers down, and tells about them.

mod alerts;
mod limits;

pub use alerts::AlertService;
pub use limits::{Limits, Quotas};
