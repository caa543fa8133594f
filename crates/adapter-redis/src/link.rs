//! Keeps a client connected, whatever happens, and logs when that changes.

use std::time::Duration;

use fred::prelude::{Client, ClientLike as _, EventInterface as _};
use fred::types::ConnectHandle;
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
pub(crate) struct Link(JoinHandle<()>);

impl Link {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place: a connection lives as long as its adapter, and ends with it"
    )]
    pub(crate) fn keep(client: Client, purpose: Purpose) -> Self {
        Self(tokio::spawn(keep_connected(client, purpose)))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The driver's own task, which ends with its link.
struct Driver(ConnectHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep_connected(client: Client, purpose: Purpose) {
    let mut state = State::new(purpose);
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
            _ended = &mut driver.0 => {
                tokio::time::sleep(RESTART_AFTER).await;
                driver = Driver(client.connect());
            }
        }
    }
}

/// Whether there is a connection, as far as it was told.
struct State {
    purpose: Purpose,
    /// `None`: neither succeeded nor failed yet.
    connected: Option<bool>,
}

impl State {
    fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            connected: None,
        }
    }

    fn lost(&mut self, error: &fred::error::Error) {
        if self.changes_to(false) {
            tracing::warn!(%error, "Redis is away; connecting again in the background");
        }
    }

    fn connected(&mut self) {
        if self.changes_to(true) {
            tracing::info!("Redis is connected");
        }
    }

    fn changes_to(&mut self, connected: bool) -> bool {
        self.connected.replace(connected) != Some(connected) && self.purpose == Purpose::Commands
    }
}
