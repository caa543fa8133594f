//! What is logged of a connection.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use auth_redis::{RedisConnection, RedisOptions, RedisPolicyBroadcast};
use auth_testkit::redis::PrivateRedis;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{PATIENCE, connected, options, until};

const PASSWORD: &str = "a-password-of-this-test";

/// What was logged on this thread, which is the only one of its test.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn count(&self, words: &str) -> usize {
        self.text().matches(words).count()
    }

    fn begin(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(self.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_and_regained_is_logged_once_each() {
    let captured = Captured::default();
    let _guard = captured.begin();
    let mut server = PrivateRedis::start(None);
    let connection = RedisConnection::connect(options(server.address(), ""));
    // Its connection is lost too, and says nothing of it.
    let _news = RedisPolicyBroadcast::new(connection.clone());
    connected(&connection).await;
    server.stop();
    until("the loss is logged", async || captured.count("is away") > 0).await;
    fail_attempts_to_connect(server.address().port).await;
    server.start_again();
    connected(&connection).await;
    until("the return is logged", async || {
        captured.count("is connected") > 1
    })
    .await;
    assert_eq!(captured.count("is away"), 1, "{}", captured.text());
    assert_eq!(captured.count("is connected"), 2, "{}", captured.text());
}

/// Meets some attempts on a port, and cuts them.
async fn fail_attempts_to_connect(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    for _attempt in 0..6 {
        let attempt = timeout(PATIENCE, listener.accept()).await;
        drop(attempt.expect("an attempt to connect").unwrap());
    }
}

#[tokio::test]
async fn a_password_opens_and_is_never_shown() {
    let captured = Captured::default();
    let _guard = captured.begin();
    let server = PrivateRedis::start(Some(PASSWORD));
    let right = RedisConnection::connect(options(server.address(), ""));
    connected(&right).await;
    let wrong = format!("{PASSWORD}-wrong");
    let wrong = RedisConnection::connect(RedisOptions {
        password: Some(wrong.into()),
        ..options(server.address(), "")
    });
    until("the refusal is logged", async || {
        captured.count("WRONGPASS") > 0
    })
    .await;
    tracing::info!(?right, ?wrong, "debug");
    let logged = captured.text();
    assert!(!logged.contains(PASSWORD), "{logged}");
}

#[tokio::test]
async fn a_password_that_the_server_learns_later_opens_without_a_restart() {
    let server = PrivateRedis::start(Some("the-old-one"));
    let connection = RedisConnection::connect(RedisOptions {
        password: Some(PASSWORD.to_owned().into()),
        ..options(server.address(), "")
    });
    let refusals = async || !server.run(&["ACL", "LOG"]).is_empty();
    until("the password is refused", refusals).await;
    server.run(&["CONFIG", "SET", "requirepass", PASSWORD]);
    connected(&connection).await;
}
