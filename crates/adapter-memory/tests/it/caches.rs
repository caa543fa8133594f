//! The caches.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::identity::{OneTimeTokenIndex, SessionCache};
use auth_memory::{MemoryOneTimeTokenIndex, MemorySessionCache};
use auth_testkit::clock::ManualClock;
use auth_testkit::contracts::caches::CacheSubject;

struct Subject {
    clock: Arc<ManualClock>,
    tokens: MemoryOneTimeTokenIndex,
    sessions: MemorySessionCache,
}

#[expect(
    clippy::unused_async,
    reason = "the contract suites make their subject in a future"
)]
async fn fresh() -> Subject {
    let clock = Arc::new(ManualClock::default());
    Subject {
        tokens: MemoryOneTimeTokenIndex::new(Arc::clone(&clock) as _),
        sessions: MemorySessionCache::new(Arc::clone(&clock) as _),
        clock,
    }
}

#[async_trait]
impl CacheSubject for Subject {
    fn tokens(&self) -> &dyn OneTimeTokenIndex {
        &self.tokens
    }

    fn sessions(&self) -> &dyn SessionCache {
        &self.sessions
    }

    async fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }
}

auth_testkit::cache_contract!(super::fresh);
