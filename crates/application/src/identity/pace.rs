//! How long a refused sign-in takes: the same for a name that exists and one
//! that does not, whatever its password was hashed with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::identity::{HashError, PasswordHasher};
use auth_domain::store::Store;
use tokio::sync::Mutex;

/// How long a refusal takes at least beside a comparison: more than its reads
/// and its row do on a database that is not overloaded.
const BESIDE: Duration = Duration::from_millis(10);
/// How long it is remembered how long comparisons take. Hashes of the
/// predecessor become fewer, and machines slower and faster.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Makes refusals last as long as the slowest comparison that there can be.
pub(super) struct Pace {
    store: Arc<dyn Store>,
    hasher: Arc<dyn PasswordHasher>,
    clock: Arc<dyn Clock>,
    /// The slowest comparison, and when that was found out.
    measured: Mutex<Option<(Duration, Duration)>>,
    /// The slowest of late, in microseconds. It fades.
    seen: AtomicU64,
}

/// How long an attempt has taken.
pub(super) struct Timing {
    began: Duration,
    /// The wait for a thread that compares: it is no attempt's own.
    pub(super) waited: Duration,
}

impl Pace {
    pub(super) fn new(
        store: Arc<dyn Store>,
        hasher: Arc<dyn PasswordHasher>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            hasher,
            clock,
            measured: Mutex::new(None),
            seen: AtomicU64::new(0),
        }
    }

    pub(super) fn begin(&self) -> Timing {
        Timing {
            began: self.clock.monotonic(),
            waited: Duration::ZERO,
        }
    }

    /// Learns from a comparison. On a machine with other work they take longer
    /// than they did alone.
    pub(super) fn observe(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let later = |seen: u64| Some(took.max(seen - seen / 64));
        let _before = self
            .seen
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
    }

    /// Waits until a refusal of that attempt has taken as long as any.
    pub(super) async fn even_out(&self, timing: &Timing) {
        let whole = self.slowest().await.mul_f64(1.25) + BESIDE;
        let spent = self.clock.monotonic().saturating_sub(timing.began);
        let spent = spent.saturating_sub(timing.waited);
        if let Some(rest) = whole.checked_sub(spent) {
            tokio::time::sleep(rest).await;
        }
    }

    async fn slowest(&self) -> Duration {
        let seen = Duration::from_micros(self.seen.load(Ordering::Relaxed));
        // The first attempts wait until it is known; later ones do not wait
        // while one of them finds it out anew.
        let known = self.measured.try_lock().map(|measured| *measured);
        let mut measured = match known {
            Ok(Some((slowest, at))) if !self.is_old(at) => return slowest.max(seen),
            _ => self.measured.lock().await,
        };
        if let Some((slowest, at)) = *measured
            && !self.is_old(at)
        {
            return slowest.max(seen);
        }
        match self.measure().await {
            Ok(slowest) => {
                *measured = Some((slowest, self.clock.monotonic()));
                slowest.max(seen)
            }
            // The next attempt tries again.
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "how long a comparison takes could not be measured");
                measured.map_or(seen, |(slowest, _)| slowest.max(seen))
            }
        }
    }

    fn is_old(&self, at: Duration) -> bool {
        self.clock.monotonic().saturating_sub(at) >= REMEMBERED
    }

    async fn measure(&self) -> Result<Duration, Unmeasured> {
        let stored = self.store.read().users().find_slowest_bcrypt().await?;
        Ok(self.hasher.slowest(stored).await?)
    }
}

/// Why it is not known how long comparisons take.
#[derive(Debug, thiserror::Error)]
enum Unmeasured {
    #[error("no stored hash could be read")]
    Store(#[from] PortError),
    #[error(transparent)]
    Hasher(#[from] HashError),
}
