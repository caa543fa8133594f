//! The loop of the relay.

use std::sync::Arc;
use std::time::Duration;

use auth_application::events::Relay;
use auth_domain::backoff::Backoff;
use auth_domain::events::OutboxSignal;
use tokio::time::{MissedTickBehavior, interval};

use crate::failures::Failures;
use crate::{Stop, Supervisor};

/// The wait while the bus, or the store, is away.
const AWAY: Backoff = Backoff {
    first: Duration::from_millis(500),
    last: Duration::from_secs(15),
};

/// Relays events: those that are unsent at the start, at each signal and every
/// `poll`, until none is left. Any number of processes may.
///
/// At shutdown no event is claimed any more and the round in progress goes on to
/// its end; the lease of one that does not get there in time brings its events
/// back.
pub fn run_relay(
    supervisor: &Supervisor,
    relay: Arc<Relay>,
    signal: Arc<dyn OutboxSignal>,
    poll: Duration,
) {
    supervisor.run_to_end("relay", move |stop| {
        let (relay, signal) = (Arc::clone(&relay), Arc::clone(&signal));
        async move { run_until_stopped(&relay, &*signal, poll, &stop).await }
    });
}

async fn run_until_stopped(relay: &Relay, signal: &dyn OutboxSignal, poll: Duration, stop: &Stop) {
    let failures = Failures::of("relay");
    let mut polls = interval(poll);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut away = 0_u32;
    loop {
        tokio::select! {
            biased;
            () = stop.requested() => return,
            () = signal.wait() => {}
            _ = polls.tick() => {}
        }
        loop {
            let is_away = match relay.round().await {
                // Another may have come meanwhile, of the same aggregates too.
                Ok(round) if round.published > 0 => {
                    away = 0;
                    failures.ended();
                    round.bus_is_away
                }
                Ok(round) => {
                    failures.ended();
                    if !round.bus_is_away {
                        break;
                    }
                    true
                }
                Err(error) => {
                    failures.met(&error);
                    true
                }
            };
            let wait = if is_away {
                away = away.saturating_add(1);
                AWAY.wait_after(away, u64::from(std::process::id()))
            } else {
                Duration::ZERO
            };
            if stop.within(wait).await {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;
    use auth_application::events::RelayOptions;
    use auth_domain::error::PortError;
    use auth_domain::events::{ClaimedEvent, MockEventBus, MockOutboxRelay, PublishError};
    use auth_testkit::builders::claimed;
    use auth_testkit::clock::ManualClock;

    use super::*;

    struct Asked {
        claims: Arc<AtomicU32>,
        sent: Arc<AtomicU32>,
    }

    /// A relay that claims what `claims` says, on a bus that answers what `bus`
    /// says.
    fn relay(
        claims: impl Fn(u32) -> Result<Vec<ClaimedEvent>, PortError> + Send + Sync + 'static,
        bus: impl Fn(u32) -> Result<(), PublishError> + Send + Sync + 'static,
    ) -> (Arc<Relay>, Asked) {
        let asked = Asked {
            claims: Arc::default(),
            sent: Arc::default(),
        };
        let (claimed, sent) = (Arc::clone(&asked.claims), Arc::clone(&asked.sent));
        let mut outbox = MockOutboxRelay::new();
        outbox
            .expect_claim()
            .returning(move |_, _, _| claims(claimed.fetch_add(1, Ordering::SeqCst)));
        outbox.expect_release().returning(|_, _| Ok(()));
        outbox.expect_sent().returning(move |claims, _| {
            let count = u32::try_from(claims.len()).unwrap();
            sent.fetch_add(count, Ordering::SeqCst);
            Ok(())
        });
        let published = AtomicU32::new(0);
        let mut events = MockEventBus::new();
        events
            .expect_publish()
            .returning(move |_, _| bus(published.fetch_add(1, Ordering::SeqCst)));
        let relay = Relay::new(
            Arc::new(outbox),
            Arc::new(events),
            Arc::new(ManualClock::default()),
            RelayOptions::default(),
        );
        (Arc::new(relay), asked)
    }

    /// Tells of nothing.
    struct Silent;

    #[async_trait]
    impl OutboxSignal for Silent {
        fn notify(&self) {}

        async fn wait(&self) {
            std::future::pending::<()>().await;
        }
    }

    async fn after(supervisor: &Supervisor, relay: Arc<Relay>, time: Duration) {
        run_relay(supervisor, relay, Arc::new(Silent), Duration::from_mins(10));
        tokio::time::sleep(time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn rounds_follow_each_other_until_nothing_is_left() {
        let supervisor = Supervisor::new();
        let (relay, asked) = relay(
            |round| Ok(if round < 3 { vec![claimed(1)] } else { vec![] }),
            |_| Ok(()),
        );
        after(&supervisor, relay, Duration::from_secs(1)).await;
        assert_eq!(asked.sent.load(Ordering::SeqCst), 3);
        assert_eq!(asked.claims.load(Ordering::SeqCst), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_bus_is_away_the_waits_grow_and_then_nothing_is_missing() {
        let supervisor = Supervisor::new();
        let away = || PublishError::Unavailable("away".to_owned());
        let (relay, asked) = relay(
            |round| Ok(if round < 20 { vec![claimed(1)] } else { vec![] }),
            move |publication| if publication < 5 { Err(away()) } else { Ok(()) },
        );
        after(&supervisor, Arc::clone(&relay), Duration::from_secs(5)).await;
        let tried = asked.claims.load(Ordering::SeqCst);
        assert!((3..=5).contains(&tried), "{tried} tries in 5 seconds");
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(asked.sent.load(Ordering::SeqCst), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_is_asked_again() {
        let supervisor = Supervisor::new();
        let (relay, asked) = relay(
            |round| match round {
                0 | 1 => Err(PortError::Unavailable("away".into())),
                2 => Ok(vec![claimed(1)]),
                _ => Ok(vec![]),
            },
            |_| Ok(()),
        );
        after(&supervisor, relay, Duration::from_secs(5)).await;
        assert_eq!(asked.sent.load(Ordering::SeqCst), 1);
    }
}
