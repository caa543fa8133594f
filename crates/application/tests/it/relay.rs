//! What the relay makes of each answer of the bus.

use std::sync::Arc;
use std::time::Duration;

use auth_application::events::{Relay, RelayOptions, Round};
use auth_domain::clock::{Clock as _, Timestamp};
use auth_domain::events::{ClaimedEvent, MockEventBus, MockOutboxRelay, PublishError};
use auth_testkit::builders::claimed;
use auth_testkit::clock::ManualClock;

const OPTIONS: RelayOptions = RelayOptions {
    at_once: 7,
    lease: Duration::from_secs(10),
    refusals: 3,
};

type Numbers = Vec<i64>;

fn numbers(claims: &[ClaimedEvent]) -> Numbers {
    let mut numbers: Numbers = claims.iter().map(|claim| claim.sequence).collect();
    numbers.sort_unstable();
    numbers
}

fn now() -> Timestamp {
    ManualClock::default().now()
}

/// An outbox that is asked once for claims and hands out those.
fn outbox(claims: Vec<ClaimedEvent>) -> MockOutboxRelay {
    let mut outbox = MockOutboxRelay::new();
    outbox
        .expect_claim()
        .withf(|most, at, lease| (*most, *at, *lease) == (7, now(), OPTIONS.lease))
        .times(1)
        .return_once(|_, _, _| Ok(claims));
    outbox
}

fn expect_sent(outbox: &mut MockOutboxRelay, expected: &'static [i64]) {
    outbox
        .expect_sent()
        .withf(move |claims, at| numbers(claims) == expected && *at == now())
        .times(1)
        .returning(|_, _| Ok(()));
}

fn expect_released(outbox: &mut MockOutboxRelay, expected: &'static [i64]) {
    outbox
        .expect_release()
        .withf(move |claims, at| numbers(claims) == expected && *at == now())
        .times(1)
        .returning(|_, _| Ok(()));
}

async fn round(
    outbox: MockOutboxRelay,
    answer: impl Fn(i64) -> Result<(), PublishError> + Send + Sync + 'static,
) -> Round {
    let mut bus = MockEventBus::new();
    bus.expect_publish()
        .returning(move |_, sequence| answer(sequence));
    let clock = Arc::new(ManualClock::default());
    let relay = Relay::new(Arc::new(outbox), Arc::new(bus), clock, OPTIONS);
    relay.round().await.unwrap()
}

#[tokio::test]
async fn what_the_bus_took_is_sent_and_the_rest_is_given_back() {
    let mut outbox = outbox(vec![claimed(1), claimed(2), claimed(3)]);
    expect_sent(&mut outbox, &[1, 3]);
    expect_released(&mut outbox, &[2]);
    let round = round(outbox, |sequence| match sequence {
        2 => Err(PublishError::Unavailable("away".to_owned())),
        _ => Ok(()),
    })
    .await;
    let expected = Round {
        published: 2,
        bus_is_away: true,
    };
    assert_eq!(round, expected);
}

#[tokio::test]
async fn a_refused_event_is_put_off_with_its_reason() {
    let mut outbox = outbox(vec![claimed(1), claimed(2)]);
    expect_sent(&mut outbox, &[1]);
    expect_released(&mut outbox, &[]);
    outbox
        .expect_put_off()
        .withf(|claim, at, reason| {
            let wait = (*at - now()).to_std().unwrap();
            let about_a_second = Duration::from_millis(750)..=Duration::from_secs(1);
            claim.sequence == 2 && about_a_second.contains(&wait) && reason == "too large"
        })
        .times(1)
        .returning(|_, _, _| Ok(()));
    let round = round(outbox, |sequence| match sequence {
        2 => Err(PublishError::Refused("too large".to_owned())),
        _ => Ok(()),
    })
    .await;
    let expected = Round {
        published: 1,
        bus_is_away: false,
    };
    assert_eq!(round, expected);
}

#[tokio::test]
async fn an_event_that_was_refused_too_often_stops_its_aggregate() {
    let often = ClaimedEvent {
        failures: OPTIONS.refusals - 1,
        ..claimed(1)
    };
    let mut outbox = outbox(vec![often]);
    expect_sent(&mut outbox, &[]);
    expect_released(&mut outbox, &[]);
    outbox
        .expect_stop()
        .withf(|claim, at, reason| claim.sequence == 1 && *at == now() && reason == "too large")
        .times(1)
        .returning(|_, _, _| Ok(()));
    let refused = |_| Err(PublishError::Refused("too large".to_owned()));
    assert_eq!(round(outbox, refused).await, Round::default());
}
