//! Every adapter on one connection, and everything that it can be asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_crypto::SystemIds;
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe as _;
use auth_domain::identity::{
    Admission, OneTimeTokenIndex as _, SessionCache as _, SessionFacts, TokenPurpose,
};
use auth_domain::ids::{OrganizationId, SessionId};
use auth_domain::rbac::{DecisionCache as _, PolicyBroadcast as _, PolicyNews, PolicyRevision};
use auth_domain::security::{Bucket, LimitRule, Quota, RateLimiter as _, Subject, Ticket, Verdict};
use auth_redis::{
    RedisConnection, RedisDecisionCache, RedisOneTimeTokenIndex, RedisOptions,
    RedisPolicyBroadcast, RedisProbe, RedisRateLimiter, RedisSessionCache,
};
use auth_testkit::builders::{account, at, digest};
use futures::future::BoxFuture;
use tokio::time::timeout;

use crate::support::PATIENCE;

const ORGANIZATION: OrganizationId = OrganizationId::DEFAULT;
const HOUR: Duration = Duration::from_hours(1);
const RESET: TokenPurpose = TokenPurpose::PasswordReset;

/// Every adapter, on one connection.
pub(crate) struct Ports {
    pub(crate) connection: RedisConnection,
    limiter: RedisRateLimiter,
    pub(crate) tokens: RedisOneTimeTokenIndex,
    sessions: RedisSessionCache,
    decisions: RedisDecisionCache,
    pub(crate) broadcast: RedisPolicyBroadcast,
    pub(crate) probe: RedisProbe,
}

impl Ports {
    pub(crate) fn new(options: RedisOptions) -> Self {
        let connection = RedisConnection::connect(options);
        Self {
            limiter: RedisRateLimiter::new(connection.clone(), Arc::new(SystemIds)),
            tokens: RedisOneTimeTokenIndex::new(connection.clone()),
            sessions: RedisSessionCache::new(connection.clone()),
            decisions: RedisDecisionCache::new(connection.clone()),
            broadcast: RedisPolicyBroadcast::new(connection.clone()),
            probe: RedisProbe::new(connection.clone()),
            connection,
        }
    }

    /// Everything that a port can be asked, by name.
    fn calls(&self) -> Vec<(&'static str, BoxFuture<'_, Result<(), PortError>>)> {
        let user = account().user_id;
        let revision = PolicyRevision::new(42);
        vec![
            ("take", Box::pin(async { self.take().await.map(drop) })),
            (
                "give_back",
                Box::pin(async {
                    let ticket = Ticket("ticket".to_owned());
                    self.limiter.give_back(&bucket(), &ticket).await
                }),
            ),
            ("remember", Box::pin(async { self.remember().await })),
            (
                "knows",
                Box::pin(async { self.tokens.knows(RESET, &digest(1)).await.map(drop) }),
            ),
            (
                "forget token",
                Box::pin(async { self.tokens.forget(RESET, &digest(2)).await }),
            ),
            ("put session", Box::pin(async { self.put_session().await })),
            (
                "get session",
                Box::pin(async { self.sessions.get(session()).await.map(drop) }),
            ),
            (
                "forget session",
                Box::pin(async { self.sessions.forget(&[other_session()]).await }),
            ),
            (
                "put decision",
                Box::pin(async { self.put_decision().await }),
            ),
            (
                "get decision",
                Box::pin(async move {
                    let kept = self.decisions.get(ORGANIZATION, revision, user).await;
                    kept.map(drop)
                }),
            ),
            (
                "publish",
                Box::pin(async { self.broadcast.publish(PolicyNews::DropAll).await }),
            ),
            ("probe", Box::pin(async { self.probe.probe().await })),
        ]
    }

    pub(crate) async fn take(&self) -> Result<Verdict, PortError> {
        self.limiter.take(&bucket()).await
    }

    pub(crate) async fn remember(&self) -> Result<(), PortError> {
        self.tokens.remember(RESET, &digest(1), HOUR).await
    }

    pub(crate) async fn put_session(&self) -> Result<(), PortError> {
        self.sessions.put(&admission(), HOUR).await
    }

    pub(crate) async fn put_decision(&self) -> Result<(), PortError> {
        let revision = PolicyRevision::new(42);
        let permissions = ["org.read".to_owned()];
        self.decisions
            .put(ORGANIZATION, revision, account().user_id, &permissions)
            .await
    }

    /// How many of the three caches have what was put.
    pub(crate) async fn hits(&self) -> usize {
        let user = account().user_id;
        let decision = self
            .decisions
            .get(ORGANIZATION, PolicyRevision::new(42), user)
            .await;
        let hits = [
            self.tokens.knows(RESET, &digest(1)).await.unwrap(),
            self.sessions.get(session()).await.unwrap().is_some(),
            decision.unwrap().is_some(),
        ];
        hits.into_iter().filter(|hit| *hit).count()
    }

    pub(crate) async fn all_are_unavailable_within(&self, time: Duration) {
        for (name, call) in self.calls() {
            let begin = Instant::now();
            let answer = call.await;
            let took = begin.elapsed();
            let unavailable = matches!(answer, Err(PortError::Unavailable(_)));
            assert!(unavailable, "{name}: {answer:?}");
            assert!(took < time, "{name} took {took:?}");
        }
    }

    pub(crate) async fn all_work(&self) {
        for (name, call) in self.calls() {
            let answer = call.await;
            assert!(answer.is_ok(), "{name}: {answer:?}");
        }
        assert_eq!(self.hits().await, 3);
    }

    /// The next news.
    pub(crate) async fn news(&self) -> PolicyNews {
        let news = timeout(PATIENCE, self.broadcast.next()).await;
        news.expect("news")
    }

    /// News gets through to this instance; before it nothing but `DropAll`.
    pub(crate) async fn news_gets_through(&self) {
        let changed = PolicyNews::Changed(ORGANIZATION, PolicyRevision::new(7));
        self.broadcast.publish(changed).await.unwrap();
        loop {
            let news = self.news().await;
            if news == changed {
                return;
            }
            assert_eq!(news, PolicyNews::DropAll);
        }
    }
}

fn bucket() -> Bucket {
    Bucket {
        rule: LimitRule::Rotation,
        subject: Subject::session(session()),
        quota: Quota {
            limit: 1_000,
            window: HOUR,
        },
    }
}

fn session() -> SessionId {
    SessionId::new(1).unwrap()
}

fn other_session() -> SessionId {
    SessionId::new(2).unwrap()
}

fn admission() -> Admission {
    Admission {
        session: SessionFacts {
            id: session(),
            issued_at: at(0),
            expires_at: at(3600),
            absolute_expires_at: at(7200),
            revoked_at: None,
        },
        account: account(),
    }
}
