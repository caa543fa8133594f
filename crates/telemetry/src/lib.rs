//! Logs and metrics of a process, set up once by its composition root.

mod logs;
mod metrics;

pub use logs::{LogError, LogFormat, LogGuard, LogOptions, LogTarget, init_logs};
pub use metrics::{MetricsError, MetricsHandle, install_metrics};
