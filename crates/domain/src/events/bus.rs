//! Where events go.

use async_trait::async_trait;

use super::Event;

/// Why an event was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The bus takes no event now: it is away, or holds new ones back.
    #[error("the event bus is away: {0}")]
    Unavailable(String),
    /// The bus takes events, but not this one.
    #[error("the event bus refused the event: {0}")]
    Refused(String),
}

/// Publishes events: a message broker, or consumers of the same process.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Publishes an event and its number within its aggregate to the event's
    /// exchange, with its type as the routing key.
    ///
    /// `Ok` MUST mean that the bus keeps the event until each of its consumers
    /// has handled it. Any other answer leaves open whether it does: an event
    /// may arrive more than once.
    async fn publish(&self, event: &Event, sequence: i64) -> Result<(), PublishError>;
}
