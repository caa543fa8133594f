//! The caches.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::identity::{OneTimeTokenIndex, SessionCache};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{DecisionCache, PolicyRevision};
use auth_memory::{MemoryDecisionCache, MemoryOneTimeTokenIndex, MemorySessionCache};
use auth_testkit::clock::ManualClock;
use auth_testkit::contracts::caches::CacheSubject;

struct Subject {
    clock: Arc<ManualClock>,
    tokens: MemoryOneTimeTokenIndex,
    sessions: MemorySessionCache,
    decisions: MemoryDecisionCache,
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
        decisions: MemoryDecisionCache::new(Arc::clone(&clock) as _),
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

    fn decisions(&self) -> &dyn DecisionCache {
        &self.decisions
    }

    async fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }
}

auth_testkit::cache_contract!(super::fresh);

#[tokio::test]
async fn a_decision_is_kept_for_a_minute() {
    let s = fresh().await;
    let (organization, revision) = (OrganizationId::DEFAULT, PolicyRevision::new(1));
    let user = UserId::new(1).unwrap();
    s.decisions
        .put(organization, revision, user, &[])
        .await
        .unwrap();
    s.clock.advance(Duration::from_millis(59_999));
    let kept = s.decisions.get(organization, revision, user).await;
    assert_eq!(kept.unwrap(), Some(Vec::new()));
    s.clock.advance(Duration::from_millis(1));
    let kept = s.decisions.get(organization, revision, user).await;
    assert_eq!(kept.unwrap(), None);
}
