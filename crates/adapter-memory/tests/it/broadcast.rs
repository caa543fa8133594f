//! Policy news.

use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{PolicyBroadcast, PolicyNews, PolicyRevision};
use auth_memory::MemoryPolicyBroadcast;
use auth_testkit::contracts::policy_broadcast::PolicyBroadcastSubject;

/// The one instance that there is in one process.
struct Subject([Box<dyn PolicyBroadcast>; 1]);

#[expect(
    clippy::unused_async,
    reason = "the contract suites make their subject in a future"
)]
async fn fresh() -> Subject {
    Subject([Box::new(MemoryPolicyBroadcast::default())])
}

impl PolicyBroadcastSubject for Subject {
    fn instances(&self) -> &[Box<dyn PolicyBroadcast>] {
        &self.0
    }
}

auth_testkit::policy_broadcast_contract!(super::fresh);

#[tokio::test]
async fn after_news_was_lost_the_latest_is_still_told() {
    let broadcast = MemoryPolicyBroadcast::default();
    let changed =
        |revision| PolicyNews::Changed(OrganizationId::DEFAULT, PolicyRevision::new(revision));
    for revision in 1..=257 {
        broadcast.publish(changed(revision)).await.unwrap();
    }
    assert_eq!(broadcast.next().await, PolicyNews::DropAll);
    for revision in 2..=257 {
        assert_eq!(broadcast.next().await, changed(revision));
    }
}
