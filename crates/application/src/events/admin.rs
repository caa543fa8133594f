//! The outbox as an operator sees it, and as gauges.

use std::fmt;
use std::sync::Arc;

use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::events::{
    Aggregate, Backlog, BacklogFilter, OutboxAdmin, OutboxRelay, StoppedAggregates, UnsentEvent,
};

use crate::gauge::gauge_value;

/// Lists what is unsent, redrives what stopped, and measures both.
pub struct OutboxAdministration {
    outbox: Arc<dyn OutboxAdmin>,
    relay: Arc<dyn OutboxRelay>,
    clock: Arc<dyn Clock>,
}

impl OutboxAdministration {
    /// The administration over its ports.
    pub fn new(
        outbox: Arc<dyn OutboxAdmin>,
        relay: Arc<dyn OutboxRelay>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            outbox,
            relay,
            clock,
        }
    }

    /// At most `limit` aggregates with unsent events after `after`, by kind and
    /// id.
    pub async fn backlogs(
        &self,
        filter: BacklogFilter,
        after: Option<Aggregate>,
        limit: u32,
    ) -> Result<Vec<Backlog>, PortError> {
        self.outbox.backlogs(filter, after, limit).await
    }

    /// At most `limit` unsent events of an aggregate, by their numbers.
    pub async fn unsent(
        &self,
        aggregate: &Aggregate,
        limit: u32,
    ) -> Result<Vec<UnsentEvent>, PortError> {
        self.outbox.unsent(aggregate, limit).await
    }

    /// Lets stopped aggregates go on, answers how many, and logs `by`, the
    /// program or person that asked.
    pub async fn redrive(&self, which: &StoppedAggregates, by: &str) -> Result<u64, PortError> {
        let redriven = self.relay.redrive(which, self.clock.now()).await?;
        let aggregates = match which {
            StoppedAggregates::One(aggregate) => aggregate.to_string(),
            StoppedAggregates::All => "all".to_owned(),
        };
        tracing::info!(
            action = "outbox.redriven",
            by,
            aggregates,
            redriven,
            "stopped aggregates go on"
        );
        Ok(redriven)
    }

    /// Sets the gauges of unsent events, of stopped aggregates, and of how long
    /// the oldest event waits, in seconds.
    pub async fn measure(&self) -> Result<(), PortError> {
        let counts = self.outbox.counts().await?;
        metrics::gauge!("auth_outbox_unsent").set(gauge_value(counts.unsent));
        metrics::gauge!("auth_outbox_stopped").set(gauge_value(counts.stopped));
        let now = self.clock.now();
        let age = counts.oldest.map_or(0.0, |at| {
            let age = (now - at).to_std().unwrap_or_default();
            age.as_secs_f64()
        });
        metrics::gauge!("auth_outbox_oldest_seconds").set(age);
        Ok(())
    }
}

impl fmt::Debug for OutboxAdministration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxAdministration")
            .finish_non_exhaustive()
    }
}
