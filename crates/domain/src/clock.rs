//! Time, as a port: nothing else in the service reads a clock.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// An instant in UTC. Stored and compared with microsecond precision.
pub type Timestamp = DateTime<Utc>;

/// The service's clock.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The wall clock, cut to whole microseconds (what both databases keep),
    /// so that a value read back equals the value written.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point, never going back and not moved by changes
    /// of the wall clock. For leases and latencies.
    fn monotonic(&self) -> Duration;
}
