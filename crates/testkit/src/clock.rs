//! A clock that stands still until a test moves it.

use std::sync::Mutex;
use std::time::Duration;

use auth_domain::clock::{Clock, Timestamp};
use chrono::{TimeZone as _, Utc};

#[derive(Debug)]
pub struct ManualClock(Mutex<(Timestamp, Duration)>);

impl Default for ManualClock {
    fn default() -> Self {
        let start = Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap();
        Self(Mutex::new((start, Duration::from_secs(1000))))
    }
}

impl ManualClock {
    /// Moves both clocks on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        now.0 += by;
        now.1 += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().0
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}
