//! The limiter.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::security::RateLimiter;
use auth_memory::MemoryRateLimiter;
use auth_testkit::clock::ManualClock;
use auth_testkit::contracts::rate_limiter::RateLimiterSubject;

struct Subject {
    clock: Arc<ManualClock>,
    limiter: MemoryRateLimiter,
}

#[expect(
    clippy::unused_async,
    reason = "the contract suites make their subject in a future"
)]
async fn fresh() -> Subject {
    let clock = Arc::new(ManualClock::default());
    let limiter = MemoryRateLimiter::new(Arc::clone(&clock) as _);
    Subject { clock, limiter }
}

#[async_trait]
impl RateLimiterSubject for Subject {
    fn limiter(&self) -> &dyn RateLimiter {
        &self.limiter
    }

    async fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }
}

auth_testkit::rate_limiter_contract!(super::fresh);
