//! Keeps a client connected, whatever happens, and logs when that changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fred::error::Error;
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
pub(crate) struct Link {
    keeper: JoinHandle<()>,
    epoch: Arc<Epoch>,
}

impl Link {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place: a connection lives as long as its adapter, and ends with it"
    )]
    pub(crate) fn keep(client: Client, purpose: Purpose) -> Self {
        let epoch = Arc::new(Epoch::default());
        let state = State {
            purpose,
            epoch: Arc::clone(&epoch),
            told: None,
        };
        let keeper = tokio::spawn(keep_connected(client, state));
        Self { keeper, epoch }
    }

    /// The epoch of the connection; `None`: there is none.
    pub(crate) fn epoch(&self) -> Option<u64> {
        self.epoch.of_connection()
    }

    /// Tells that a command met the end of its connection. The driver itself
    /// says so a moment later, and queues commands until then.
    pub(crate) fn ended(&self, epoch: u64) {
        self.epoch.end(epoch);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Counts connections and the times between them: odd while there is a
/// connection, and another number for each.
#[derive(Default)]
struct Epoch(AtomicU64);

impl Epoch {
    fn of_connection(&self) -> Option<u64> {
        let epoch = self.0.load(Ordering::Acquire);
        (epoch % 2 == 1).then_some(epoch)
    }

    fn connected(&self) {
        let next = |epoch| Some(epoch + 1 + epoch % 2);
        let _before = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
    }

    fn lost(&self) {
        if let Some(epoch) = self.of_connection() {
            self.end(epoch);
        }
    }

    fn end(&self, epoch: u64) {
        let end = epoch + 1;
        let _ended = self
            .0
            .compare_exchange(epoch, end, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// The driver's own task, which ends with its link.
struct Driver(ConnectHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep_connected(client: Client, mut state: State) {
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

/// Whether there is a connection, and whether that was told.
struct State {
    purpose: Purpose,
    epoch: Arc<Epoch>,
    /// What was logged last; `None`: nothing yet.
    told: Option<bool>,
}

impl State {
    fn lost(&mut self, error: &Error) {
        self.epoch.lost();
        if self.is_news(false) {
            tracing::warn!(%error, "Redis is away; connecting again in the background");
        }
    }

    fn connected(&mut self) {
        self.epoch.connected();
        if self.is_news(true) {
            tracing::info!("Redis is connected");
        }
    }

    fn is_news(&mut self, connected: bool) -> bool {
        self.told.replace(connected) != Some(connected) && self.purpose == Purpose::Commands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_ends_its_own_connection_only() {
        let epoch = Epoch::default();
        assert_eq!(epoch.of_connection(), None);
        epoch.connected();
        let first = epoch.of_connection().unwrap();
        epoch.end(first);
        assert_eq!(epoch.of_connection(), None);
        epoch.connected();
        let second = epoch.of_connection().unwrap();
        epoch.end(first);
        assert_eq!(epoch.of_connection(), Some(second));
        epoch.lost();
        epoch.lost();
        assert_eq!(epoch.of_connection(), None);
    }

    #[test]
    fn a_connection_whose_end_was_not_seen_is_another_one() {
        let epoch = Epoch::default();
        epoch.connected();
        let first = epoch.of_connection().unwrap();
        epoch.connected();
        let second = epoch.of_connection().unwrap();
        assert_ne!(first, second);
        epoch.end(first);
        assert_eq!(epoch.of_connection(), Some(second));
    }
}
