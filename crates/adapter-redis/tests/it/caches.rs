//! The caches.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::identity::{OneTimeTokenIndex, SessionCache, TokenPurpose};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::rbac::{DecisionCache, PolicyRevision};
use auth_redis::{RedisDecisionCache, RedisOneTimeTokenIndex, RedisSessionCache};
use auth_testkit::builders::digest;
use auth_testkit::contracts::caches::CacheSubject;
use auth_testkit::contracts::decision_cache::DecisionCacheSubject;
use auth_testkit::redis::TestRedis;

use crate::support::connect;

const HOUR: Duration = Duration::from_hours(1);
const ORGANIZATION: OrganizationId = OrganizationId::DEFAULT;

struct Caches {
    redis: TestRedis,
    tokens: RedisOneTimeTokenIndex,
    sessions: RedisSessionCache,
    decisions: RedisDecisionCache,
}

async fn fresh() -> Caches {
    let redis = TestRedis::new().await;
    let connection = connect(&redis).await;
    Caches {
        redis,
        tokens: RedisOneTimeTokenIndex::new(connection.clone()),
        sessions: RedisSessionCache::new(connection.clone()),
        decisions: RedisDecisionCache::new(connection),
    }
}

impl Caches {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.redis.prefix())
    }

    /// How long a key still lives, in milliseconds.
    fn life(&self, name: &str) -> i64 {
        self.redis.run(&["PTTL", &self.key(name)])[0]
            .parse()
            .unwrap()
    }
}

#[async_trait]
impl CacheSubject for Caches {
    fn tokens(&self) -> &dyn OneTimeTokenIndex {
        &self.tokens
    }

    fn sessions(&self) -> &dyn SessionCache {
        &self.sessions
    }

    async fn wait(&self, time: Duration) {
        // The server counts in whole milliseconds.
        let time = time + Duration::from_millis(2);
        tokio::time::sleep(time).await;
    }
}

auth_testkit::cache_contract!(super::fresh);

impl DecisionCacheSubject for Caches {
    fn decisions(&self) -> &dyn DecisionCache {
        &self.decisions
    }
}

auth_testkit::decision_cache_contract!(super::fresh);

#[tokio::test]
async fn a_decision_is_kept_for_a_minute() {
    let s = fresh().await;
    let user = UserId::new(7).unwrap();
    let revision = PolicyRevision::new(42);
    let permissions = ["org.read".to_owned()];
    s.decisions
        .put(ORGANIZATION, revision, user, &permissions)
        .await
        .unwrap();
    let left = s.life("rbac:decision:1:42:7");
    assert!((50_000..=60_000).contains(&left), "{left}");
}

#[tokio::test]
async fn a_token_is_kept_by_its_digest_for_its_life() {
    let s = fresh().await;
    let purpose = TokenPurpose::EmailVerification;
    s.tokens
        .remember(purpose, &digest(0xab), HOUR)
        .await
        .unwrap();
    let name = format!("email_verification:token:{}", "ab".repeat(32));
    assert_eq!(s.redis.run(&["GET", &s.key(&name)]), ["1"]);
    let left = s.life(&name);
    assert!((3_590_000..=3_600_000).contains(&left), "{left}");
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_a_miss() {
    let s = fresh().await;
    let session = SessionId::new(9).unwrap();
    let (user, revision) = (UserId::new(7).unwrap(), PolicyRevision::new(42));
    let names = ["session:9", "rbac:decision:1:42:7"];
    for spoil in [
        &["SET", "{}"][..],
        &["SET", "nonsense"],
        &["LPUSH", "a list"],
        &["HSET", "", "1", "beta", "perhaps"],
    ] {
        for name in names {
            let key = s.key(name);
            let command = [&[spoil[0], key.as_str()], &spoil[1..]].concat();
            s.redis.run(&command);
            s.redis.run(&["PEXPIRE", &key, "60000"]);
        }
        let session = s.sessions.get(session).await.unwrap();
        let decision = s.decisions.get(ORGANIZATION, revision, user).await;
        assert_eq!((session, decision.unwrap()), (None, None));
        for name in names {
            s.redis.run(&["DEL", &s.key(name)]);
        }
    }
}

/// Who can write to the server and does not know the secret lets nobody in: not
/// by a value of its own, and not by one that stands elsewhere.
#[tokio::test]
async fn what_no_instance_sealed_under_that_key_is_a_miss() {
    let s = fresh().await;
    let (user, revision) = (UserId::new(7).unwrap(), PolicyRevision::new(42));
    let names = ["org.delete".to_owned()];
    let put = s.decisions.put(ORGANIZATION, revision, user, &names);
    put.await.unwrap();
    let own = s.key("rbac:decision:1:42:7");
    let sealed = s.redis.run(&["GET", &own]).concat();
    let (_, json) = sealed.split_once('.').unwrap();
    let other = UserId::new(8).unwrap();
    let others = s.key("rbac:decision:1:42:8");
    for forged in [&sealed, json] {
        s.redis.run(&["SET", &others, forged, "PX", "60000"]);
        let found = s.decisions.get(ORGANIZATION, revision, other).await;
        assert_eq!(found.unwrap(), None);
    }
    let found = s.decisions.get(ORGANIZATION, revision, user).await;
    assert_eq!(found.unwrap(), Some(names.to_vec()));
    let session = r#"{"session_id":1,"issued_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T01:00:00Z","absolute_expires_at":"2026-01-01T02:00:00Z","revoked_at":null,"user_id":1,"organization_id":1,"organization_kind":"root","license_status":"active","policy_revision":1,"username":"ana","first_name":"Ana","last_name":null,"email":"ana@example.com","email_verified_at":null,"status":"active"}"#;
    s.redis
        .run(&["SET", &s.key("session:1"), session, "PX", "60000"]);
    let id = SessionId::new(1).unwrap();
    assert_eq!(s.sessions.get(id).await.unwrap(), None);
}
