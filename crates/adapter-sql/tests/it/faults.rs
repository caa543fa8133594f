//! Servers that end sessions, fall silent, or are not there.

use std::time::{Duration, Instant};

use auth_domain::error::PortError;
use auth_domain::health::HealthProbe as _;
use auth_domain::ids::OrganizationId;
use auth_domain::store::Store as _;
use auth_sql::{PostgresOptions, SqlStore, TlsMode};
use auth_testkit::postgres::TestDatabase;
use futures::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::postgres::options;

async fn works(store: &SqlStore) -> Result<(), PortError> {
    let read = store.read().organizations();
    read.find(OrganizationId::DEFAULT).await?.unwrap();
    store.begin().await?.rollback().await
}

/// As many connections as the pool has, all in the pool.
async fn warm(store: &SqlStore) {
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(store.begin().await.unwrap());
    }
    for tx in open {
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn sessions_that_the_server_ended_are_no_callers_trouble() {
    let database = TestDatabase::migrated().await;
    let store = SqlStore::connect_postgres(options(&database))
        .await
        .unwrap();
    for _ in 0..3 {
        warm(&store).await;
        database.end_sessions().await;
        let asked = (0..8).map(|_| works(&store));
        for outcome in join_all(asked).await {
            outcome.unwrap();
        }
    }
    store.close().await.unwrap();
}

/// A way to the server that can be made to swallow everything.
struct Way {
    port: u16,
    silent: watch::Sender<bool>,
    _passing: JoinSet<()>,
}

impl Way {
    async fn to(host: String, server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let silent = watch::Sender::new(false);
        let silenced = silent.subscribe();
        let mut passing = JoinSet::new();
        passing.spawn(async move {
            let mut both = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect((host.as_str(), server_port))
                    .await
                    .unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let after = *silenced.borrow();
                both.spawn(pass(from_client, to_server, silenced.clone(), after));
                both.spawn(pass(from_server, to_client, silenced.clone(), after));
            }
        });
        Self {
            port,
            silent,
            _passing: passing,
        }
    }

    /// Connections that are there now are forgotten; new ones pass.
    fn forget(&self) {
        self.silent.send_replace(true);
    }
}

/// Passes bytes on until the way falls silent; then it swallows them, and the
/// connection stays open. A connection made afterwards passes.
async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    silent: watch::Receiver<bool>,
    made_after: bool,
) {
    let mut bytes = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if *silent.borrow() && !made_after {
            continue;
        }
        if to.write_all(bytes.get(..read).unwrap()).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn connections_that_a_firewall_forgot_cost_little_and_once() {
    let database = TestDatabase::migrated().await;
    let direct = options(&database);
    let way = Way::to(direct.host.clone(), direct.port).await;
    let by_way = PostgresOptions {
        host: "127.0.0.1".to_owned(),
        port: way.port,
        tls: TlsMode::Disable,
        ..direct
    };
    let store = SqlStore::connect_postgres(by_way).await.unwrap();
    warm(&store).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    way.forget();
    for outcome in join_all((0..4).map(|_| async {
        let began = Instant::now();
        works(&store).await.map(|()| began.elapsed())
    }))
    .await
    {
        let took = outcome.unwrap();
        // Half a second for each dead connection, with room for a busy machine:
        // without the test of idle connections it is as long as a request may take.
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    let began = Instant::now();
    works(&store).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_database_that_cannot_keep_every_text_is_refused() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let database = TestDatabase::with_encoding(encoding).await;
        let refused = SqlStore::connect_postgres(options(&database)).await;
        let text = refused.err().unwrap().chain();
        assert!(text.contains(encoding) && text.contains("UTF8"), "{text}");
    }
}

#[tokio::test]
async fn why_there_is_no_connection_is_said() {
    let database = TestDatabase::empty().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let there = options(&database);
    for (options, cause) in [
        (
            PostgresOptions {
                port,
                ..there.clone()
            },
            "refused",
        ),
        (
            PostgresOptions {
                host: "no-such-host.invalid".to_owned(),
                ..there.clone()
            },
            "lookup",
        ),
        (
            PostgresOptions {
                database: "no_such_database".to_owned(),
                ..there.clone()
            },
            "no_such_database",
        ),
    ] {
        let refused = SqlStore::connect_postgres(options).await.err().unwrap();
        let text = refused.chain();
        assert!(text.contains(cause), "{cause}: {text}");
    }
}

/// Something that takes connections and drops them: a balancer without a server.
#[tokio::test]
async fn an_endpoint_that_drops_connections_is_a_store_that_is_away() {
    let database = TestDatabase::migrated().await;
    let store = SqlStore::connect_postgres(options(&database))
        .await
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut dropping = JoinSet::new();
    dropping.spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    let without_server = PostgresOptions {
        host: "127.0.0.1".to_owned(),
        port,
        ..options(&database)
    };
    let refused = SqlStore::connect_postgres(without_server)
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, PortError::Unavailable(_)), "{refused:?}");
    store.database_probe().probe().await.unwrap();
}

trait Chain {
    fn chain(&self) -> String;
}

impl<E: std::error::Error> Chain for E {
    fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(next) = cause {
            text = format!("{text}: {next}");
            cause = next.source();
        }
        text
    }
}
