//! Policy news.

use auth_domain::rbac::{PolicyBroadcast, PolicyNews};
use auth_redis::RedisPolicyBroadcast;
use auth_testkit::contracts::policy_broadcast::PolicyBroadcastSubject;
use auth_testkit::redis::TestRedis;
use tokio::time::timeout;

use crate::support::{PATIENCE, connect};

struct Instances {
    _redis: TestRedis,
    instances: [Box<dyn PolicyBroadcast>; 3],
}

async fn fresh() -> Instances {
    let redis = TestRedis::new().await;
    let instances = [
        listening(&redis).await,
        listening(&redis).await,
        listening(&redis).await,
    ];
    Instances {
        _redis: redis,
        instances,
    }
}

/// An instance whose subscription is in force.
async fn listening(redis: &TestRedis) -> Box<dyn PolicyBroadcast> {
    let broadcast = RedisPolicyBroadcast::new(connect(redis).await);
    let news = timeout(PATIENCE, broadcast.next()).await;
    assert_eq!(news.expect("news"), PolicyNews::DropAll);
    Box::new(broadcast)
}

impl PolicyBroadcastSubject for Instances {
    fn instances(&self) -> &[Box<dyn PolicyBroadcast>] {
        &self.instances
    }
}

auth_testkit::policy_broadcast_contract!(super::fresh);
