//! What is answered from memory alone.

use auth_domain::rbac::PolicyFeed as _;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::rbac::PolicyEngine as _;

use crate::support::{Fixture, fixture, organization, revision, rows, user};

const LEASE: Duration = Duration::from_secs(1);
/// A millisecond before the lease runs out.
const ALMOST: Duration = Duration::from_millis(999);

/// The revision that is at hand for a caller who names a least one.
fn at_hand(fixture: &Fixture, at_least: Option<i64>) -> Option<i64> {
    let at_least = at_least.map(revision);
    let snapshot = fixture.engine.at_hand(organization(1), at_least);
    snapshot.map(|snapshot| snapshot.revision().get())
}

async fn load(fixture: &Fixture) {
    let answer = fixture.engine.snapshot(organization(1), None).await;
    answer.unwrap();
}

#[tokio::test]
async fn nothing_is_at_hand_before_the_policy_was_read() {
    let fixture = fixture();
    assert_eq!(at_hand(&fixture, None), None);
    assert_eq!(fixture.store.loads(), 0, "asking reads nothing");
}

#[tokio::test]
async fn the_policy_at_hand_is_the_one_that_a_call_answers_with() {
    let fixture = fixture();
    let answer = fixture.engine.snapshot(organization(1), None).await;
    let answer = answer.unwrap();
    let at_hand = fixture.engine.at_hand(organization(1), None).unwrap();
    assert!(Arc::ptr_eq(&at_hand, &answer));
    assert!(at_hand.check(user(1), "doc.read"));
    assert!(fixture.engine.at_hand(organization(2), None).is_none());
}

#[tokio::test]
async fn a_policy_is_at_hand_until_its_lease_ends_and_again_after_a_poll() {
    let fixture = fixture();
    load(&fixture).await;
    fixture.clock.advance(ALMOST);
    assert_eq!(at_hand(&fixture, None), Some(1));
    fixture.clock.advance(Duration::from_millis(1));
    assert_eq!(at_hand(&fixture, None), None);
    assert_eq!(fixture.store.revision_reads(), 0, "asking reads nothing");

    fixture.engine.poll().await.unwrap();
    assert_eq!(at_hand(&fixture, None), Some(1));
    assert_eq!(fixture.store.loads(), 1);
}

#[tokio::test]
async fn a_policy_below_the_revision_that_is_asked_for_is_not_at_hand() {
    let fixture = fixture();
    fixture.store.put(rows(1, 2));
    load(&fixture).await;
    for (at_least, expected) in [(1, Some(2)), (2, Some(2)), (3, None)] {
        assert_eq!(
            at_hand(&fixture, Some(at_least)),
            expected,
            "at least {at_least}"
        );
    }
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(fixture.store.revision_reads(), 0);
}

#[tokio::test]
async fn a_policy_that_an_observed_write_overtook_is_not_at_hand() {
    let fixture = fixture();
    load(&fixture).await;
    fixture.store.put(rows(1, 2));
    fixture.engine.observe(organization(1), revision(2));
    assert_eq!(at_hand(&fixture, None), None);
    load(&fixture).await;
    assert_eq!(at_hand(&fixture, None), Some(2));
}

#[tokio::test]
async fn a_dropped_policy_is_not_at_hand() {
    let fixture = fixture();
    load(&fixture).await;
    fixture.engine.drop_all();
    assert_eq!(at_hand(&fixture, None), None);
}

#[tokio::test]
async fn a_load_that_began_before_everything_was_dropped_is_at_hand_for_no_caller() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let dropped = async {
        fixture.store.a_call_stopped().await;
        fixture.engine.drop_all();
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (answer, ()) = tokio::join!(fixture.engine.snapshot(organization(1), None), dropped);
    assert!(answer.is_ok(), "its own caller came before");
    assert_eq!(at_hand(&fixture, None), None);
    load(&fixture).await;
    assert_eq!(at_hand(&fixture, None), Some(1));
    assert_eq!(fixture.store.loads(), 2);
}

#[tokio::test]
async fn what_is_at_hand_counts_as_used() {
    let fixture = fixture();
    load(&fixture).await;
    // Unused for ten seconds, it would not be polled any more.
    for polls in 1..=15 {
        fixture.clock.advance(LEASE / 2);
        assert_eq!(at_hand(&fixture, None), Some(1));
        fixture.clock.advance(LEASE / 2);
        fixture.engine.poll().await.unwrap();
        assert_eq!(fixture.store.revision_reads(), polls);
    }
    assert_eq!(fixture.store.loads(), 1);
}
