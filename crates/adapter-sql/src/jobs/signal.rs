//! Waking the runner: in this process directly, from other processes by
//! PostgreSQL's LISTEN and NOTIFY.
//!
//! The listener has one connection of its own, beside the pool's, and connects
//! again by itself. While it cannot, and behind a pooler that does not pass
//! notifications on, the runner's poll finds what other processes enqueue.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::jobs::JobSignal;
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep_until};

use super::CHANNEL;
use crate::SqlStore;

/// How long the listener waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait before the first new attempt to connect; it doubles with each, up
/// to the last.
const FIRST_RECONNECT: Duration = Duration::from_secs(1);
const LAST_RECONNECT: Duration = Duration::from_secs(30);

/// What wakes the runner of this process.
#[derive(Debug)]
pub(crate) struct SqlJobSignal {
    local: Notify,
    listener: Option<Mutex<Listener>>,
}

impl SqlJobSignal {
    /// Jobs of this process only.
    pub(crate) fn local() -> Self {
        Self {
            local: Notify::new(),
            listener: None,
        }
    }

    /// Jobs of every process on that server. Connects with the first wait.
    pub(crate) fn listening(options: PgConnectOptions) -> Self {
        Self {
            local: Notify::new(),
            listener: Some(Mutex::new(Listener {
                options,
                connected: None,
                failures: 0,
                not_before: Instant::now(),
            })),
        }
    }

    pub(crate) fn notify(&self) {
        self.local.notify_one();
    }

    async fn wait(&self) {
        let Some(listener) = &self.listener else {
            return self.local.notified().await;
        };
        let mut listener = listener.lock().await;
        tokio::select! {
            () = self.local.notified() => {}
            () = listener.heard() => {}
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
    /// Waits for a notification, or for a new connection: what was announced
    /// before it is unknown.
    async fn heard(&mut self) {
        loop {
            sleep_until(self.not_before).await;
            let heard = match &mut self.connected {
                Some(listener) => listener.try_recv().await.map(|_heard_or_reconnected| ()),
                None => self.connect().await,
            };
            match heard {
                Ok(()) => {
                    if self.failures > 0 {
                        tracing::info!("jobs of other processes are heard of again");
                        self.failures = 0;
                    }
                    return;
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
        listener.listen(CHANNEL).await?;
        self.connected = Some(listener);
        Ok(())
    }

    fn put_off(&mut self, error: &SqlxError) {
        let doubled = FIRST_RECONNECT.saturating_mul(1 << self.failures.min(16));
        self.connected = None;
        self.failures = self.failures.saturating_add(1);
        self.not_before = Instant::now() + doubled.min(LAST_RECONNECT);
        let error = error as &dyn std::error::Error;
        if self.failures == 1 {
            tracing::warn!(error, "jobs of other processes are found by polling");
        } else {
            tracing::debug!(error, "the job listener cannot connect");
        }
    }
}

#[async_trait]
impl JobSignal for SqlStore {
    fn notify(&self) {
        self.signal.notify();
    }

    async fn wait(&self) {
        self.signal.wait().await;
    }
}
