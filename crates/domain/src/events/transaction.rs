//! Events inside a transaction: those it causes, and those it handles.

use async_trait::async_trait;

use super::{Event, EventId};
use crate::clock::Timestamp;
use crate::error::PortError;

/// The outbox, inside the transaction of the change that the event tells.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Appends one event; answers its number within its aggregate.
    ///
    /// MUST number the events of one aggregate 1, 2, 3, … without gap or
    /// repetition over committed transactions, also when several append at
    /// once.
    async fn append(&mut self, event: &Event) -> Result<i64, PortError>;
}

/// The inbox, inside the transaction of the effect that an event has on its
/// consumer. A broker delivers an event at least once; with this its effect
/// happens once.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Whether a consumer handles an event for the first time. It is from then
    /// on as handled, once the transaction commits.
    ///
    /// Of two transactions at once MUST exactly one that commits be answered
    /// `true`; the other waits for its end. A consumer's name is 1 to 64
    /// characters.
    async fn first_time(
        &mut self,
        consumer: &str,
        event: EventId,
        at: Timestamp,
    ) -> Result<bool, PortError>;
}
