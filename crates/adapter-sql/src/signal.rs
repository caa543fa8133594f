//! Waking what waits for commits: the runner of jobs and the relay of events.
//! In this process directly, from other processes by PostgreSQL's LISTEN and
//! NOTIFY.
//!
//! The listener has one connection of its own, beside the pool's, and connects
//! again by itself. While it cannot, and behind a pooler that does not pass
//! notifications on, polls find what other processes commit.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::backoff::Backoff;
use auth_domain::events::OutboxSignal;
use auth_domain::jobs::JobSignal;
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep_until};

use crate::SqlStore;

/// The channel on which jobs are announced.
const JOBS: &str = "auth_jobs";
/// The channel on which events are announced.
const EVENTS: &str = "auth_events";

/// How long the listener waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait before a new attempt to connect.
const RECONNECT: Backoff = Backoff {
    first: Duration::from_secs(1),
    last: Duration::from_secs(30),
};

/// What was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Committed {
    Jobs,
    Events,
}

/// What wakes this process.
#[derive(Debug)]
pub(crate) struct CommitSignal {
    jobs: Notify,
    events: Notify,
    listener: Option<Mutex<Listener>>,
}

impl CommitSignal {
    /// Commits of this process only.
    pub(crate) fn local() -> Self {
        Self {
            jobs: Notify::new(),
            events: Notify::new(),
            listener: None,
        }
    }

    /// Commits of every process on that server. Connects with the first wait.
    pub(crate) fn listening(options: PgConnectOptions) -> Self {
        Self {
            listener: Some(Mutex::new(Listener {
                options,
                connected: None,
                failures: 0,
                not_before: Instant::now(),
            })),
            ..Self::local()
        }
    }

    pub(crate) fn notify(&self, of: Committed) {
        self.of(of).notify_one();
    }

    fn of(&self, of: Committed) -> &Notify {
        match of {
            Committed::Jobs => &self.jobs,
            Committed::Events => &self.events,
        }
    }

    async fn wait(&self, of: Committed) {
        let Some(listener) = &self.listener else {
            return self.of(of).notified().await;
        };
        loop {
            tokio::select! {
                () = self.of(of).notified() => return,
                // Of several that wait, one listens for all.
                heard = async { listener.lock().await.heard().await } => {
                    let all = [Committed::Jobs, Committed::Events];
                    for what in all {
                        if heard.is_none_or(|heard| heard == what) {
                            self.notify(what);
                        }
                    }
                }
            }
        }
    }

    /// Gives the listener's connection back.
    pub(crate) fn close(&self) {
        if let Some(listener) = &self.listener
            && let Ok(mut listener) = listener.try_lock()
        {
            listener.connected = None;
        }
    }
}

#[derive(Debug)]
struct Listener {
    options: PgConnectOptions,
    connected: Option<PgListener>,
    failures: u32,
    not_before: Instant,
}

impl Listener {
    /// Waits for a notification. `None`: there is a new connection, and what
    /// was announced before it is unknown.
    async fn heard(&mut self) -> Option<Committed> {
        loop {
            sleep_until(self.not_before).await;
            let heard = match &mut self.connected {
                Some(listener) => listener.try_recv().await,
                None => self.connect().await.map(|()| None),
            };
            match heard {
                Ok(heard) => {
                    if self.failures > 0 {
                        tracing::info!("commits of other processes are heard of again");
                        self.failures = 0;
                    }
                    return heard.map(|heard| match heard.channel() {
                        EVENTS => Committed::Events,
                        _ => Committed::Jobs,
                    });
                }
                Err(error) => self.put_off(&error),
            }
        }
    }

    async fn connect(&mut self) -> Result<(), SqlxError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_lazy_with(self.options.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen_all([JOBS, EVENTS]).await?;
        self.connected = Some(listener);
        Ok(())
    }

    fn put_off(&mut self, error: &SqlxError) {
        self.connected = None;
        self.failures = self.failures.saturating_add(1);
        let seed = u64::from(std::process::id());
        self.not_before = Instant::now() + RECONNECT.wait_after(self.failures, seed);
        let error = error as &dyn std::error::Error;
        if self.failures == 1 {
            tracing::warn!(error, "commits of other processes are found by polling");
        } else {
            tracing::debug!(error, "the listener cannot connect");
        }
    }
}

#[async_trait]
impl JobSignal for SqlStore {
    fn notify(&self) {
        self.signal.notify(Committed::Jobs);
    }

    async fn wait(&self) {
        self.signal.wait(Committed::Jobs).await;
    }
}

#[async_trait]
impl OutboxSignal for SqlStore {
    fn notify(&self) {
        self.signal.notify(Committed::Events);
    }

    async fn wait(&self) {
        self.signal.wait(Committed::Events).await;
    }
}
