//! Rate limits of one process.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::security::{
    Bucket, LimitRule, RateLimited, RateLimiter, Subject, Ticket, Verdict,
};
use moka::sync::Cache;

/// How many buckets are kept; the least used go first, so that an attacker
/// with very many addresses fills no memory.
const MAX_BUCKETS: u64 = 200_000;
/// An untouched bucket is dropped after this: longer than any window.
const IDLE: Duration = Duration::from_hours(25);

/// A log of the times of the events of each bucket.
pub struct MemoryRateLimiter {
    clock: Arc<dyn Clock>,
    buckets: Cache<(LimitRule, Subject), Arc<Mutex<Events>>>,
    count: AtomicU64,
}

/// The events inside the window, the oldest first: when, and which.
type Events = VecDeque<(Duration, u64)>;

impl MemoryRateLimiter {
    /// A limiter that has counted nothing.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            buckets: Cache::builder()
                .max_capacity(MAX_BUCKETS)
                .time_to_idle(IDLE)
                .build(),
            count: AtomicU64::new(0),
        }
    }

    fn events<T>(&self, bucket: &Bucket, with: impl FnOnce(&mut Events) -> T) -> T {
        let key = (bucket.rule, bucket.subject.clone());
        let events = self.buckets.get_with(key, Arc::default);
        let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
        with(&mut events)
    }
}

impl fmt::Debug for MemoryRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryRateLimiter")
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn take(&self, bucket: &Bucket) -> Result<Verdict, PortError> {
        let now = self.clock.monotonic();
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let ticket = || Verdict::Granted(Ticket(number.to_string()));
        let limit = bucket.quota.limit as usize;
        if limit == 0 {
            return Ok(ticket());
        }
        Ok(self.events(bucket, |events| {
            let window = bucket.quota.window;
            while events.front().is_some_and(|(at, _)| *at + window <= now) {
                events.pop_front();
            }
            if events.len() < limit {
                events.push_back((now, number));
                return ticket();
            }
            // The one whose end makes room: with a limit that was lowered in
            // between it is not the oldest.
            let gives_room = events.get(events.len() - limit);
            let retry_after =
                gives_room.map_or(window, |(at, _)| (*at + window).saturating_sub(now));
            Verdict::Refused(RateLimited {
                rule: bucket.rule,
                quota: bucket.quota,
                retry_after,
            })
        }))
    }

    async fn give_back(&self, bucket: &Bucket, ticket: &Ticket) -> Result<(), PortError> {
        self.events(bucket, |events| {
            events.retain(|(_, number)| number.to_string() != ticket.0);
        });
        Ok(())
    }

    async fn clear(&self, bucket: &Bucket) -> Result<(), PortError> {
        let key = (bucket.rule, bucket.subject.clone());
        self.buckets.invalidate(&key);
        Ok(())
    }
}
