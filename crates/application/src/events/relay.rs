//! The relay: publishes what the outbox holds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::backoff::Backoff;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::events::{ClaimedEvent, EventBus, OutboxRelay, PublishError};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

/// How long an aggregate waits whose event the bus refused.
const REFUSED: Backoff = Backoff {
    first: Duration::from_secs(1),
    last: Duration::from_mins(5),
};

/// How events are relayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayOptions {
    /// How many events are claimed, and published, at once.
    pub at_once: u32,
    /// How long a claimed event is no other relay's. A publication may take four
    /// fifths of it; the rest is for noting what became of it.
    pub lease: Duration,
    /// How often the bus may refuse an event before its aggregate stops.
    pub refusals: u32,
}

impl Default for RelayOptions {
    /// 200 events at once, half a minute each, 20 refusals: with the waits in
    /// between, those last about an hour.
    fn default() -> Self {
        Self {
            at_once: 200,
            lease: Duration::from_secs(30),
            refusals: 20,
        }
    }
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Events that the bus has now.
    pub published: usize,
    /// Whether the bus was away.
    pub bus_is_away: bool,
}

/// Publishes events of the outbox. Any number of relays share the work; a loop
/// of the worker decides when.
pub struct Relay {
    outbox: Arc<dyn OutboxRelay>,
    bus: Arc<dyn EventBus>,
    clock: Arc<dyn Clock>,
    options: RelayOptions,
}

impl Relay {
    /// A relay over its ports.
    pub fn new(
        outbox: Arc<dyn OutboxRelay>,
        bus: Arc<dyn EventBus>,
        clock: Arc<dyn Clock>,
        options: RelayOptions,
    ) -> Self {
        Self {
            outbox,
            bus,
            clock,
            options,
        }
    }

    /// Claims the next events, publishes them all at once, outside of any
    /// transaction, and notes what became of each.
    ///
    /// What cannot be noted is logged: when the lease has passed, the event is
    /// published again.
    pub async fn round(&self) -> Result<Round, PortError> {
        let began = self.clock.monotonic();
        let (most, lease) = (self.options.at_once, self.options.lease);
        let claims = self.outbox.claim(most, self.clock.now(), lease).await?;
        let mut round = Round::default();
        // A claim that took long leaves less of the lease for publishing.
        let spent = self.clock.monotonic().saturating_sub(began);
        let limit = (lease / 5 * 4).saturating_sub(spent);
        let outcomes = self.publish(claims, limit).await;
        let now = self.clock.now();
        let (mut sent, mut untried, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (claim, outcome) in outcomes {
            match outcome {
                Ok(()) => sent.push(claim),
                Err(PublishError::Unavailable(reason)) => {
                    tracing::debug!(event = %claim.event.id.0, reason, "an event waits");
                    round.bus_is_away = true;
                    untried.push(claim);
                }
                Err(PublishError::Refused(reason)) => refused.push((claim, reason)),
            }
        }
        round.published = sent.len();
        count(&sent);
        self.outbox.sent(&sent, now).await?;
        self.outbox.release(&untried, now).await?;
        for (claim, reason) in refused {
            self.refused(&claim, &reason, now).await?;
        }
        Ok(round)
    }

    async fn publish(
        &self,
        claims: Vec<ClaimedEvent>,
        limit: Duration,
    ) -> Vec<(ClaimedEvent, Result<(), PublishError>)> {
        let publications: FuturesUnordered<_> = claims
            .into_iter()
            .map(|claim| async move {
                let published = self.bus.publish(&claim.event, claim.sequence);
                let outcome = tokio::time::timeout(limit, published).await;
                let outcome = outcome.unwrap_or_else(|_elapsed| {
                    let reason = "it did not answer while the lease lasted".to_owned();
                    Err(PublishError::Unavailable(reason))
                });
                (claim, outcome)
            })
            .collect();
        publications.collect().await
    }

    async fn refused(
        &self,
        claim: &ClaimedEvent,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), PortError> {
        let event = &claim.event;
        let exchange = event.event_type.exchange().as_str();
        metrics::counter!("auth_outbox_refused_total", "exchange" => exchange).increment(1);
        let (id, aggregate) = (event.id.0, &event.aggregate);
        let failures = claim.failures + 1;
        if failures >= self.options.refusals {
            tracing::error!(event = %id, %aggregate, reason, "an aggregate's events stop");
            return self.outbox.stop(claim, now, reason).await;
        }
        tracing::warn!(event = %id, %aggregate, failures, reason, "an event is put off");
        let seed = u64::try_from(claim.sequence).unwrap_or_default();
        let at = now + REFUSED.wait_after(failures, seed);
        self.outbox.put_off(claim, at, reason).await
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn count(sent: &[ClaimedEvent]) {
    for claim in sent {
        let exchange = claim.event.event_type.exchange().as_str();
        metrics::counter!("auth_outbox_published_total", "exchange" => exchange).increment(1);
    }
}
