//! The system's clock.

use std::time::{Duration, Instant};

use auth_domain::clock::{Clock, Timestamp};
use chrono::{SubsecRound as _, Utc};

/// The wall clock and the monotonic clock of the operating system.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts at zero now.
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the wall clock"
    )]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}
