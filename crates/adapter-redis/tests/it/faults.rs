//! A server that goes away, comes back empty, or hangs.

use std::time::{Duration, Instant};

use auth_domain::error::PortError;
use auth_domain::flags::{FlagCache as _, Flags};
use auth_domain::health::HealthProbe as _;
use auth_domain::identity::{
    Admission, OneTimeTokenIndex as _, SessionCache as _, SessionFacts, TokenPurpose,
};
use auth_domain::ids::{OrganizationId, SessionId};
use auth_domain::rbac::{DecisionCache as _, PolicyBroadcast as _, PolicyNews, PolicyRevision};
use auth_domain::security::{Bucket, LimitRule, Quota, RateLimiter as _, Subject, Ticket, Verdict};
use auth_redis::{
    RedisConnection, RedisDecisionCache, RedisFlagCache, RedisOneTimeTokenIndex, RedisOptions,
    RedisPolicyBroadcast, RedisProbe, RedisRateLimiter, RedisSessionCache,
};
use auth_testkit::builders::{account, at, digest};
use auth_testkit::redis::PrivateRedis;
use futures::future::BoxFuture;

use crate::support::{connected, options, until};

const ORGANIZATION: OrganizationId = OrganizationId::DEFAULT;
const HOUR: Duration = Duration::from_hours(1);
const RESET: TokenPurpose = TokenPurpose::PasswordReset;

/// Every adapter, on one connection.
struct Ports {
    connection: RedisConnection,
    limiter: RedisRateLimiter,
    tokens: RedisOneTimeTokenIndex,
    sessions: RedisSessionCache,
    decisions: RedisDecisionCache,
    flags: RedisFlagCache,
    broadcast: RedisPolicyBroadcast,
    probe: RedisProbe,
}

impl Ports {
    fn new(options: RedisOptions) -> Self {
        let connection = RedisConnection::connect(options);
        Self {
            limiter: RedisRateLimiter::new(connection.clone()),
            tokens: RedisOneTimeTokenIndex::new(connection.clone()),
            sessions: RedisSessionCache::new(connection.clone()),
            decisions: RedisDecisionCache::new(connection.clone()),
            flags: RedisFlagCache::new(connection.clone()),
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
            ("put flags", Box::pin(async { self.put_flags().await })),
            (
                "get flags",
                Box::pin(async { self.flags.get(ORGANIZATION).await.map(drop) }),
            ),
            (
                "forget flags",
                Box::pin(async { self.flags.forget(other_organization()).await }),
            ),
            (
                "publish",
                Box::pin(async { self.broadcast.publish(PolicyNews::DropAll).await }),
            ),
            ("probe", Box::pin(async { self.probe.probe().await })),
        ]
    }

    async fn take(&self) -> Result<Verdict, PortError> {
        self.limiter.take(&bucket()).await
    }

    async fn remember(&self) -> Result<(), PortError> {
        self.tokens.remember(RESET, &digest(1), HOUR).await
    }

    async fn put_session(&self) -> Result<(), PortError> {
        self.sessions.put(&admission(), HOUR).await
    }

    async fn put_decision(&self) -> Result<(), PortError> {
        let revision = PolicyRevision::new(42);
        let permissions = ["org.read".to_owned()];
        self.decisions
            .put(ORGANIZATION, revision, account().user_id, &permissions)
            .await
    }

    async fn put_flags(&self) -> Result<(), PortError> {
        let flags = Flags::from([("beta".to_owned(), true)]);
        self.flags.put(ORGANIZATION, &flags, HOUR).await
    }

    /// How many of the four caches have what was put.
    async fn hits(&self) -> usize {
        let user = account().user_id;
        let decision = self
            .decisions
            .get(ORGANIZATION, PolicyRevision::new(42), user)
            .await;
        let hits = [
            self.tokens.knows(RESET, &digest(1)).await.unwrap(),
            self.sessions.get(session()).await.unwrap().is_some(),
            decision.unwrap().is_some(),
            self.flags.get(ORGANIZATION).await.unwrap().is_some(),
        ];
        hits.into_iter().filter(|hit| *hit).count()
    }

    async fn all_are_unavailable_within(&self, time: Duration) {
        for (name, call) in self.calls() {
            let begin = Instant::now();
            let answer = call.await;
            let took = begin.elapsed();
            let unavailable = matches!(answer, Err(PortError::Unavailable(_)));
            assert!(unavailable, "{name}: {answer:?}");
            assert!(took < time, "{name} took {took:?}");
        }
    }

    async fn all_work(&self) {
        for (name, call) in self.calls() {
            let answer = call.await;
            assert!(answer.is_ok(), "{name}: {answer:?}");
        }
        assert_eq!(self.hits().await, 4);
    }

    /// News gets through to this instance; before it nothing but `DropAll`.
    async fn news_gets_through(&self) {
        let changed = PolicyNews::Changed(ORGANIZATION, PolicyRevision::new(7));
        self.broadcast.publish(changed).await.unwrap();
        loop {
            let news = self.broadcast.next().await;
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

fn other_organization() -> OrganizationId {
    OrganizationId::new(2).unwrap()
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

fn ports(server: &PrivateRedis) -> Ports {
    Ports::new(options(server.address(), ""))
}

#[tokio::test]
async fn a_server_that_stops_is_unavailable_at_once_and_works_again_when_it_is_back() {
    let mut server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    assert_eq!(ports.broadcast.next().await, PolicyNews::DropAll);
    ports.all_work().await;
    ports.news_gets_through().await;
    for _time in 0..2 {
        server.stop();
        ports
            .all_are_unavailable_within(Duration::from_secs(1))
            .await;
        server.start_again();
        connected(&ports.connection).await;
        // It came back empty: misses, and no script is known.
        assert_eq!(ports.hits().await, 0);
        // What was published meanwhile is lost.
        assert_eq!(ports.broadcast.next().await, PolicyNews::DropAll);
        ports.all_work().await;
        ports.news_gets_through().await;
    }
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_no_failure() {
    let mut server = PrivateRedis::stopped(None);
    let ports = ports(&server);
    ports
        .all_are_unavailable_within(Duration::from_secs(1))
        .await;
    server.start_again();
    connected(&ports.connection).await;
    assert_eq!(ports.broadcast.next().await, PolicyNews::DropAll);
    ports.all_work().await;
    ports.news_gets_through().await;
}

#[tokio::test]
async fn commands_of_the_time_without_a_server_are_never_done_later() {
    let mut server = PrivateRedis::stopped(None);
    let ports = ports(&server);
    let _unavailable = ports.remember().await;
    let _unavailable = ports.take().await;
    server.start_again();
    connected(&ports.connection).await;
    assert_eq!(server.run(&["KEYS", "*"]), [""; 0]);
}

#[tokio::test]
async fn a_server_that_hangs_costs_no_more_than_the_timeout() {
    let server = PrivateRedis::start(None);
    let ports = Ports::new(RedisOptions {
        command_timeout: Duration::from_millis(100),
        ..options(server.address(), "")
    });
    connected(&ports.connection).await;
    server.freeze();
    ports
        .all_are_unavailable_within(Duration::from_secs(1))
        .await;
    server.thaw();
    connected(&ports.connection).await;
    // An answer that comes late is nobody else's.
    until("all work", async || ports.probe.probe().await.is_ok()).await;
    ports.remember().await.unwrap();
    assert!(ports.tokens.knows(RESET, &digest(1)).await.unwrap());
    assert!(!ports.tokens.knows(RESET, &digest(3)).await.unwrap());
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_given_to_it_again() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    for _time in 0..3 {
        ports.take().await.unwrap();
        ports.put_flags().await.unwrap();
        server.run(&["SCRIPT", "FLUSH"]);
    }
    let counted = server.run(&["ZCARD", "rate:rotation:session:1"]);
    assert_eq!(counted, ["3"]);
}

#[tokio::test]
async fn a_server_that_is_emptied_has_misses_and_no_wrong_hits() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    ports.all_work().await;
    server.run(&["FLUSHALL"]);
    assert_eq!(ports.hits().await, 0);
    ports.all_work().await;
}

#[tokio::test]
async fn a_connection_that_the_server_cuts_comes_back() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    assert_eq!(ports.broadcast.next().await, PolicyNews::DropAll);
    for _time in 0..3 {
        server.run(&["CLIENT", "KILL", "TYPE", "normal"]);
        server.run(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        assert_eq!(ports.broadcast.next().await, PolicyNews::DropAll);
        connected(&ports.connection).await;
        ports.news_gets_through().await;
    }
}

#[tokio::test]
async fn a_subscription_on_a_dead_connection_is_noticed() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    assert_eq!(ports.broadcast.next().await, PolicyNews::DropAll);
    server.freeze();
    // Until the heartbeat finds out, nothing is told.
    let mut waiting = ports.broadcast.next();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        assert!(futures::poll!(&mut waiting).is_pending());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.thaw();
    assert_eq!(waiting.await, PolicyNews::DropAll);
    connected(&ports.connection).await;
    ports.news_gets_through().await;
}

#[tokio::test]
async fn a_full_server_is_unavailable_and_no_defect() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    server.run(&["CONFIG", "SET", "maxmemory", "1"]);
    for put in [ports.remember().await, ports.put_decision().await] {
        assert!(matches!(put, Err(PortError::Unavailable(_))), "{put:?}");
    }
}

#[tokio::test]
async fn a_connection_ends_with_its_last_adapter() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    assert_eq!(ports.broadcast.next().await, PolicyNews::DropAll);
    let clients = || server.run(&["CLIENT", "LIST"])[0].lines().count();
    assert_eq!(clients(), 3, "ours, the subscription, and who asks");
    drop(ports);
    until("only who asks is connected", async || clients() == 1).await;
}
