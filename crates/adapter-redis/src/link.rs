//! Keeps a client connected, whatever happens, and logs when that changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fred::error::Error;
use fred::prelude::{Client, ClientLike as _, EventInterface as _};
use fred::types::ConnectHandle;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

/// The driver gives up on some errors (a reply that it cannot parse); it is
/// started again after this.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// All commands: its state is the one to log.
    Commands,
    /// A subscription beside it.
    News,
}

/// A connection that is kept until this is dropped.
pub(crate) struct Link {
    keeper: JoinHandle<()>,
    up: Arc<AtomicBool>,
    doubt: Arc<Notify>,
}

impl Link {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place: a connection lives as long as its adapter, and ends with it"
    )]
    pub(crate) fn keep(client: Client, purpose: Purpose) -> Self {
        let up = Arc::new(AtomicBool::new(false));
        let state = State {
            purpose,
            up: Arc::clone(&up),
            told: None,
        };
        let doubt = Arc::new(Notify::new());
        let keeper = tokio::spawn(keep_connected(client, state, Arc::clone(&doubt)));
        Self { keeper, up, doubt }
    }

    /// The server answers, but cannot serve: after a failover it is a replica,
    /// or is starting. The connection is made anew, and its name resolved anew;
    /// until then there is none.
    pub(crate) fn doubt(&self) {
        // Of many commands that fail at once, one tells.
        if self.up.swap(false, Ordering::AcqRel) {
            self.doubt.notify_one();
        }
    }

    /// Whether there is a connection. The driver itself knows of its end only
    /// when it tries to connect again, and queues commands until then.
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// The driver's own task, which ends with its link.
struct Driver(ConnectHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep_connected(client: Client, mut state: State, doubt: Arc<Notify>) {
    let mut errors = client.error_rx();
    let mut connects = client.reconnect_rx();
    let mut driver = Driver(client.connect());
    loop {
        tokio::select! {
            // What was lost before it was regained is told before.
            biased;
            error = errors.recv() => match error {
                Ok((error, _server)) => state.lost(&error),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            server = connects.recv() => match server {
                Ok(_) | Err(RecvError::Lagged(_)) => state.connected(),
                Err(RecvError::Closed) => return,
            },
            () = doubt.notified() => {
                state.unfit();
                // Not in a circle while it stays a replica.
                tokio::time::sleep(RESTART_AFTER).await;
                if client.force_reconnection().await.is_ok() {
                    state.connected();
                }
            }
            _ended = &mut driver.0 => {
                tokio::time::sleep(RESTART_AFTER).await;
                driver = Driver(client.connect());
            }
        }
    }
}

/// Whether there is a connection, and whether that was told.
struct State {
    purpose: Purpose,
    up: Arc<AtomicBool>,
    /// What was logged last; `None`: nothing yet.
    told: Option<bool>,
}

impl State {
    fn lost(&mut self, error: &Error) {
        self.up.store(false, Ordering::Release);
        if self.is_news(false) {
            tracing::warn!(%error, "Redis is away; connecting again in the background");
        }
    }

    fn unfit(&mut self) {
        self.up.store(false, Ordering::Release);
        if self.is_news(false) {
            tracing::warn!("Redis answers but takes no writes; connecting again");
        }
    }

    fn connected(&mut self) {
        self.up.store(true, Ordering::Release);
        if self.is_news(true) {
            tracing::info!("Redis is connected");
        }
    }

    fn is_news(&mut self, connected: bool) -> bool {
        self.told.replace(connected) != Some(connected) && self.purpose == Purpose::Commands
    }
}
