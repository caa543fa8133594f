//! From the outbox to the bus.

use std::time::Duration;

use async_trait::async_trait;

use super::{Aggregate, Event};
use crate::clock::Timestamp;
use crate::error::PortError;

/// The next event of an aggregate, under a lease.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedEvent {
    /// The event.
    pub event: Event,
    /// Its number within its aggregate.
    pub sequence: i64,
    /// How often the bus refused it, since it was written down or redriven.
    pub failures: u32,
    /// When this claim was made. With the aggregate and the number it tells one
    /// claim from every other.
    pub claimed_at: Timestamp,
}

/// Which stopped aggregates to redrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoppedAggregates {
    /// One.
    One(Aggregate),
    /// All.
    All,
}

/// The outbox for the relay. Each method is an atomic step of its own.
///
/// The events of one aggregate are published in the order of their numbers:
/// what is claimed is the first unsent event of an aggregate, and with it the
/// aggregate. `sent`, `release`, `put_off` and `stop` end a claim. One that is
/// over (its lease passed and the event was claimed again, or it was ended
/// before) MUST change nothing.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OutboxRelay: Send + Sync {
    /// Claims the first unsent event of at most `most` aggregates until `lease`
    /// has passed, those that can be claimed the longest. Two claims MUST NOT
    /// get events of one aggregate while the lease lasts; when it has passed,
    /// the event can be claimed again.
    async fn claim(
        &self,
        most: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<ClaimedEvent>, PortError>;

    /// The bus has the events; the next ones of their aggregates can be claimed.
    async fn sent(&self, claims: &[ClaimedEvent], at: Timestamp) -> Result<(), PortError>;

    /// Gives events back that could not be tried, until `at`. That is no
    /// failure of theirs.
    async fn release(&self, claims: &[ClaimedEvent], at: Timestamp) -> Result<(), PortError>;

    /// The bus refused an event: its aggregate waits until `at`, and `error` is
    /// kept with it.
    async fn put_off(
        &self,
        claim: &ClaimedEvent,
        at: Timestamp,
        error: &str,
    ) -> Result<(), PortError>;

    /// Gives an event up: its aggregate stops, with the reason, until an
    /// operator redrives it. Other aggregates go on.
    async fn stop(
        &self,
        claim: &ClaimedEvent,
        at: Timestamp,
        reason: &str,
    ) -> Result<(), PortError>;

    /// Lets stopped aggregates go on from `now`, as if their events were never
    /// refused, and answers how many. Aggregates that are not stopped are left
    /// alone.
    async fn redrive(&self, which: &StoppedAggregates, now: Timestamp) -> Result<u64, PortError>;
}

/// Tells a relay that events were committed, so that it need not ask the store
/// all the time. A lost signal delays an event until the relay's next poll and
/// does no other harm.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OutboxSignal: Send + Sync {
    /// Wakes the relay of this process. The store does it after the commit of
    /// a transaction that appended.
    fn notify(&self);

    /// Waits for a signal. One that was given since the last wait ended MUST
    /// end this one at once. A dropped wait loses no signal.
    async fn wait(&self);
}
