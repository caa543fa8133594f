//! Connections to the server of a test.

use std::future::Future;
use std::time::{Duration, Instant};

use auth_domain::health::HealthProbe as _;
use auth_redis::{RedisConnection, RedisOptions, RedisProbe};
use auth_testkit::redis::{RedisAddress, TestRedis};

/// How long anything may take that happens in the background.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Options for a server. A machine that is busy with tests is slow, so the
/// timeout is long: the tests of the timeout itself shorten it.
pub(crate) fn options(address: &RedisAddress, prefix: &str) -> RedisOptions {
    RedisOptions {
        user: address.user.clone(),
        password: address.password.clone().map(Into::into),
        database: address.database,
        command_timeout: Duration::from_secs(5),
        key_prefix: prefix.to_owned(),
        ..RedisOptions::new(
            address.host.as_str(),
            address.port,
            "of all instances".to_owned().into(),
        )
    }
}

/// A connection that is up.
pub(crate) async fn connect(redis: &TestRedis) -> RedisConnection {
    let options = options(redis.address(), redis.prefix());
    let connection = RedisConnection::connect(options);
    connected(&connection).await;
    connection
}

/// Waits until a server answers on a connection.
pub(crate) async fn connected(connection: &RedisConnection) {
    let probe = RedisProbe::new(connection.clone());
    until("Redis answers", async || probe.probe().await.is_ok()).await;
}

/// Waits until something holds.
pub(crate) async fn until<F>(what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
