//! A job that fails over and over is logged when that begins and when it ends.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a job fails at the moment.
pub(crate) struct Failures {
    job: &'static str,
    failing: AtomicBool,
}

impl Failures {
    pub(crate) fn of(job: &'static str) -> Self {
        Self {
            job,
            failing: AtomicBool::new(false),
        }
    }

    /// The job failed.
    pub(crate) fn met(&self, error: &(dyn Error + 'static)) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(error, job = self.job, "a background job fails");
        }
    }

    /// The job did its work.
    pub(crate) fn ended(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!(job = self.job, "a background job works again");
        }
    }
}
