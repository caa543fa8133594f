//! The limiter that outlives its server.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::UserId;
use auth_domain::security::{Bucket, LimitRule, Quota, RateLimiter, Subject, Ticket, Verdict};
use auth_memory::{FallbackRateLimiter, MemoryRateLimiter};
use auth_testkit::clock::ManualClock;
use auth_testkit::contracts::rate_limiter::RateLimiterSubject;
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::fmt::MakeWriter;

/// A limiter that can be away.
#[derive(Debug)]
struct Remote {
    limiter: MemoryRateLimiter,
    away: AtomicBool,
    given_back: AtomicUsize,
}

impl Remote {
    fn check(&self) -> Result<(), PortError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(PortError::Unavailable("away".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl RateLimiter for Remote {
    async fn take(&self, bucket: &Bucket) -> Result<Verdict, PortError> {
        self.check()?;
        self.limiter.take(bucket).await
    }

    async fn give_back(&self, bucket: &Bucket, ticket: &Ticket) -> Result<(), PortError> {
        self.check()?;
        self.given_back.fetch_add(1, Ordering::Relaxed);
        self.limiter.give_back(bucket, ticket).await
    }

    async fn clear(&self, bucket: &Bucket) -> Result<(), PortError> {
        self.check()?;
        self.limiter.clear(bucket).await
    }
}

struct Limiters {
    clock: Arc<ManualClock>,
    remote: Arc<Remote>,
    limiter: FallbackRateLimiter,
}

impl Limiters {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let remote = Arc::new(Remote {
            limiter: MemoryRateLimiter::new(Arc::clone(&clock) as _),
            away: AtomicBool::new(false),
            given_back: AtomicUsize::new(0),
        });
        let own = Arc::new(MemoryRateLimiter::new(Arc::clone(&clock) as _));
        Self {
            clock,
            limiter: FallbackRateLimiter::new(Arc::clone(&remote) as _, own),
            remote,
        }
    }

    fn away(&self, away: bool) {
        self.remote.away.store(away, Ordering::Relaxed);
    }

    async fn take(&self, bucket: &Bucket) -> Option<Ticket> {
        match self.limiter.take(bucket).await.unwrap() {
            Verdict::Granted(ticket) => Some(ticket),
            Verdict::Refused(_) => None,
        }
    }

    async fn give_back(&self, bucket: &Bucket, ticket: &Ticket) {
        self.limiter.give_back(bucket, ticket).await.unwrap();
    }
}

#[async_trait]
impl RateLimiterSubject for Limiters {
    fn limiter(&self) -> &dyn RateLimiter {
        &self.limiter
    }

    async fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }
}

mod while_the_server_answers {
    #[expect(
        clippy::unused_async,
        reason = "the contract suites make their subject in a future"
    )]
    async fn fresh() -> super::Limiters {
        super::Limiters::new()
    }

    auth_testkit::rate_limiter_contract!(super::fresh);
}

mod while_the_server_is_away {
    #[expect(
        clippy::unused_async,
        reason = "the contract suites make their subject in a future"
    )]
    async fn fresh() -> super::Limiters {
        let limiters = super::Limiters::new();
        limiters.away(true);
        limiters
    }

    auth_testkit::rate_limiter_contract!(super::fresh);
}

fn bucket(limit: u32) -> Bucket {
    Bucket {
        rule: LimitRule::PasswordReset,
        subject: Subject::user(UserId::new(1).unwrap()),
        quota: Quota {
            limit,
            window: Duration::from_mins(1),
        },
    }
}

#[tokio::test]
async fn a_server_that_goes_away_and_comes_back_knows_what_it_counted() {
    let s = Limiters::new();
    let bucket = bucket(1);
    s.take(&bucket).await.unwrap();
    s.away(true);
    s.take(&bucket).await.unwrap();
    assert_eq!(s.take(&bucket).await, None);
    s.away(false);
    assert_eq!(s.take(&bucket).await, None);
}

#[tokio::test]
async fn each_limiter_gets_its_own_tickets_back() {
    let s = Limiters::new();
    let bucket = bucket(1);
    let remote = s.take(&bucket).await.unwrap();
    s.away(true);
    let own = s.take(&bucket).await.unwrap();
    s.give_back(&bucket, &own).await;
    let own = s.take(&bucket).await.unwrap();
    s.away(false);
    // The server is there again, and has nothing to do with this ticket.
    s.give_back(&bucket, &own).await;
    assert_eq!(s.remote.given_back.load(Ordering::Relaxed), 0);
    assert_eq!(s.take(&bucket).await, None);
    s.give_back(&bucket, &remote).await;
    assert_eq!(s.remote.given_back.load(Ordering::Relaxed), 1);
    s.take(&bucket).await.unwrap();
}

#[tokio::test]
async fn a_ticket_whose_server_is_away_stays_counted_and_is_no_failure() {
    let s = Limiters::new();
    let bucket = bucket(1);
    let ticket = s.take(&bucket).await.unwrap();
    s.away(true);
    s.give_back(&bucket, &ticket).await;
    s.away(false);
    assert_eq!(s.take(&bucket).await, None);
    s.give_back(&bucket, &Ticket("of nobody".to_owned())).await;
    assert_eq!(s.take(&bucket).await, None);
}

#[test]
fn what_the_fallback_counts_is_a_metric() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    metrics::with_local_recorder(&recorder, || {
        runtime.unwrap().block_on(async {
            let s = Limiters::new();
            s.take(&bucket(9)).await.unwrap();
            s.away(true);
            s.take(&bucket(9)).await.unwrap();
            s.take(&bucket(9)).await.unwrap();
        });
    });
    let shown = handle.render();
    let line = "auth_rate_limiter_fallback_total 2";
    assert!(shown.lines().any(|shown| shown == line), "{shown}");
}

/// What was logged.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

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

#[test]
fn the_fallback_is_logged_once_when_it_begins_and_once_when_it_ends() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt().with_writer(captured.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    tracing::subscriber::with_default(subscriber.finish(), || {
        runtime.unwrap().block_on(async {
            let s = Limiters::new();
            s.take(&bucket(9)).await.unwrap();
            s.away(true);
            for _ in 0..3 {
                // One without limit asks no server, and says nothing of it.
                s.take(&bucket(9)).await.unwrap();
                s.take(&bucket(0)).await.unwrap();
            }
            s.away(false);
            for _ in 0..3 {
                s.take(&bucket(9)).await.unwrap();
            }
        });
    });
    let bytes = captured.0.lock().unwrap().clone();
    let logged = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = logged.lines().collect();
    assert_eq!(lines.len(), 2, "{logged}");
    assert!(lines[0].contains("by this process alone"), "{logged}");
    assert!(lines[1].contains("together again"), "{logged}");
}
