//! Looking at the outbox from outside.

use async_trait::async_trait;

use super::{Aggregate, EventId, EventType};
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::wire_enum;

wire_enum! {
    /// Where the unsent events of an aggregate stand.
    BacklogState {
        /// They wait for their time or for a relay.
        Waiting = "waiting",
        /// A relay has the first of them, or had it and its lease has passed.
        Claimed = "claimed",
        /// The bus refused the first too often; they wait for an operator.
        Stopped = "stopped",
    }
}

/// An aggregate with events that are not sent yet, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// The aggregate.
    pub aggregate: Aggregate,
    /// Where its events stand.
    pub state: BacklogState,
    /// How many events wait.
    pub unsent: u64,
    /// The number of the first of them.
    pub next: i64,
    /// When that one can be claimed: its time, or the end of the lease.
    pub claimable_at: Timestamp,
    /// How often the bus refused it.
    pub failures: u32,
    /// Why it was refused last.
    pub last_error: Option<String>,
}

/// An unsent event as an operator sees it: without its payload, which can name
/// a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentEvent {
    /// Its number within its aggregate.
    pub sequence: i64,
    /// Its id.
    pub id: EventId,
    /// What happened; `None`: nothing that this version knows.
    pub event_type: Option<EventType>,
    /// When.
    pub at: Timestamp,
    /// The request that it came of.
    pub request_id: Option<String>,
}

/// Which backlogs to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BacklogFilter {
    /// The stopped ones only.
    pub stopped: bool,
}

/// How much of the outbox is unsent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Events that wait.
    pub unsent: u64,
    /// Aggregates that stopped.
    pub stopped: u64,
    /// When the event was written down that can be claimed and waits longest;
    /// those of stopped aggregates apart.
    pub oldest: Option<Timestamp>,
}

/// The outbox for an operator. `OutboxRelay::redrive` lets stopped aggregates go
/// on.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OutboxAdmin: Send + Sync {
    /// At most `limit` aggregates with unsent events after `after`, by kind and
    /// id.
    async fn backlogs(
        &self,
        filter: BacklogFilter,
        after: Option<Aggregate>,
        limit: u32,
    ) -> Result<Vec<Backlog>, PortError>;

    /// At most `limit` unsent events of an aggregate, by their numbers.
    async fn unsent(
        &self,
        aggregate: &Aggregate,
        limit: u32,
    ) -> Result<Vec<UnsentEvent>, PortError>;

    /// How much is unsent.
    async fn counts(&self) -> Result<OutboxCounts, PortError>;
}
