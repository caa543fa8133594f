//! A server that goes away, comes back empty, or hangs.

use std::pin::pin;
use std::time::{Duration, Instant};

use auth_domain::error::PortError;
use auth_domain::health::HealthProbe as _;
use auth_domain::identity::{OneTimeTokenIndex as _, TokenPurpose};
use auth_domain::rbac::{PolicyBroadcast as _, PolicyNews};
use auth_redis::RedisOptions;
use auth_testkit::builders::digest;
use auth_testkit::redis::PrivateRedis;
use tokio::time::timeout;

use crate::ports::Ports;
use crate::support::{PATIENCE, connected, options, until};

fn ports(server: &PrivateRedis) -> Ports {
    Ports::new(options(server.address(), ""))
}

#[tokio::test]
async fn a_server_that_stops_is_unavailable_at_once_and_works_again_when_it_is_back() {
    let mut server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    assert_eq!(ports.news().await, PolicyNews::DropAll);
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
        assert_eq!(ports.news().await, PolicyNews::DropAll);
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
    assert_eq!(ports.news().await, PolicyNews::DropAll);
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

/// After a failover the old primary is a replica: it answers, and takes no
/// writes.
#[tokio::test]
async fn a_server_that_became_a_replica_is_left_until_it_takes_writes() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    ports.all_work().await;
    server.run(&["REPLICAOF", "127.0.0.1", "1"]);
    let probe = auth_redis::RedisProbe::new(ports.connection.clone());
    assert!(matches!(
        probe.probe().await,
        Err(PortError::Unavailable(_))
    ));
    ports
        .all_are_unavailable_within(Duration::from_secs(1))
        .await;
    server.run(&["REPLICAOF", "NO", "ONE"]);
    until("it takes writes", || async { probe.probe().await.is_ok() }).await;
    ports.all_work().await;
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
    // An answer that comes late goes to no other request.
    until("all work", async || ports.probe.probe().await.is_ok()).await;
    ports.remember().await.unwrap();
    assert!(
        ports
            .tokens
            .knows(TokenPurpose::PasswordReset, &digest(1))
            .await
            .unwrap()
    );
    assert!(
        !ports
            .tokens
            .knows(TokenPurpose::PasswordReset, &digest(3))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn the_command_after_one_that_was_cut_off_does_not_wait() {
    let mut server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    for _time in 0..5 {
        server.freeze();
        let mut cut_off = pin!(ports.remember());
        for _until_it_is_sent in 0..20 {
            assert!(futures::poll!(&mut cut_off).is_pending());
            tokio::task::yield_now().await;
        }
        server.stop();
        let answer = cut_off.await;
        assert!(
            matches!(answer, Err(PortError::Unavailable(_))),
            "{answer:?}"
        );
        ports
            .all_are_unavailable_within(Duration::from_secs(1))
            .await;
        server.start_again();
        connected(&ports.connection).await;
    }
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_given_to_it_again() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    for _time in 0..3 {
        ports.take().await.unwrap();
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
    assert_eq!(ports.news().await, PolicyNews::DropAll);
    for _time in 0..3 {
        server.run(&["CLIENT", "KILL", "TYPE", "normal"]);
        server.run(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        assert_eq!(ports.news().await, PolicyNews::DropAll);
        connected(&ports.connection).await;
        ports.news_gets_through().await;
    }
}

#[tokio::test]
async fn a_subscription_on_a_dead_connection_is_noticed() {
    let server = PrivateRedis::start(None);
    let ports = ports(&server);
    connected(&ports.connection).await;
    assert_eq!(ports.news().await, PolicyNews::DropAll);
    server.freeze();
    // Until the heartbeat finds out, nothing is told.
    let mut waiting = ports.broadcast.next();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        assert!(futures::poll!(&mut waiting).is_pending());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.thaw();
    let news = timeout(PATIENCE, waiting).await;
    assert_eq!(news.expect("news"), PolicyNews::DropAll);
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
    assert_eq!(ports.news().await, PolicyNews::DropAll);
    let clients = || server.run(&["CLIENT", "LIST"])[0].lines().count();
    assert_eq!(clients(), 3, "ours, the subscription, and the asking one");
    drop(ports);
    until("only the asking client is connected", async || {
        clients() == 1
    })
    .await;
}
