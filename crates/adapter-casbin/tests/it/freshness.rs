//! How old an answer may be, and what happens when the store is away.

use std::time::Duration;

use auth_domain::rbac::{PolicyEngine as _, PolicyError, PolicyFeed as _};

use crate::support::{Fixture, fixture, organization, revision, rows, user};

const LEASE: Duration = Duration::from_secs(1);
/// A millisecond before the lease runs out.
const ALMOST: Duration = Duration::from_millis(999);
const POLL: Duration = Duration::from_millis(250);

/// The revision that a call answers.
async fn answered(fixture: &Fixture) -> i64 {
    let snapshot = fixture.engine.snapshot(organization(1), None).await;
    snapshot.unwrap().revision().get()
}

async fn is_unavailable(fixture: &Fixture) -> bool {
    let answer = fixture.engine.snapshot(organization(1), None).await;
    matches!(answer, Err(PolicyError::Unavailable(Some(_))))
}

#[tokio::test]
async fn within_the_lease_the_store_is_not_asked() {
    let fixture = fixture();
    assert_eq!(answered(&fixture).await, 1);
    fixture.clock.advance(ALMOST);
    fixture.store.put(rows(1, 2));
    assert_eq!(answered(&fixture).await, 1);
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(fixture.store.revision_reads(), 0);
}

#[tokio::test]
async fn after_the_lease_a_change_is_read_through() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.put(rows(1, 2));
    fixture.clock.advance(LEASE);
    let snapshot = fixture
        .engine
        .snapshot(organization(1), None)
        .await
        .unwrap();
    assert_eq!(snapshot.revision(), revision(2));
    assert!(snapshot.check(user(1), "doc.write"));
}

#[tokio::test]
async fn after_the_lease_an_unchanged_policy_costs_one_revision_read_and_no_load() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.clock.advance(LEASE);
    for _ in 0..3 {
        assert_eq!(answered(&fixture).await, 1);
    }
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(fixture.store.revision_reads(), 1);
}

#[tokio::test]
async fn a_lease_counts_from_the_begin_of_the_read_that_confirmed_it() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let slow_load = async {
        fixture.store.a_call_stopped().await;
        fixture.clock.advance(LEASE / 2);
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    tokio::join!(answered(&fixture), slow_load);
    fixture.clock.advance(LEASE / 2);
    fixture.store.put(rows(1, 2));
    assert_eq!(answered(&fixture).await, 2);
}

#[tokio::test]
async fn a_load_slower_than_the_lease_still_answers_its_caller() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let slow_load = async {
        fixture.store.a_call_stopped().await;
        fixture.clock.advance(LEASE * 3);
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (first, second, ()) = tokio::join!(answered(&fixture), answered(&fixture), slow_load);
    assert_eq!((first, second), (1, 1));
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(fixture.store.revision_reads(), 0);
}

#[tokio::test]
async fn polling_keeps_an_unchanged_policy_fresh() {
    let fixture = fixture();
    answered(&fixture).await;
    for _ in 0..12 {
        fixture.clock.advance(POLL);
        fixture.engine.poll().await.unwrap();
        answered(&fixture).await;
    }
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(fixture.store.revision_reads(), 12);
}

#[tokio::test]
async fn a_poll_that_saw_a_change_makes_the_next_call_load() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.put(rows(1, 2));
    assert_eq!(answered(&fixture).await, 1);
    fixture.engine.poll().await.unwrap();
    assert_eq!(answered(&fixture).await, 2);
    assert_eq!(fixture.store.loads(), 2);
}

#[tokio::test]
async fn a_poll_renews_the_lease_from_its_begin_on() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.set_slow(true);
    let slow_poll = async {
        fixture.store.a_call_stopped().await;
        fixture.clock.advance(LEASE / 2);
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (polled, ()) = tokio::join!(fixture.engine.poll(), slow_poll);
    polled.unwrap();
    fixture.clock.advance(LEASE / 2);
    fixture.store.put(rows(1, 2));
    assert_eq!(answered(&fixture).await, 2);
}

#[tokio::test]
async fn a_slow_poll_does_not_undo_what_was_loaded_meanwhile() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.set_slow(true);
    let overtaken = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.store.put(rows(1, 2));
        fixture.engine.observe(organization(1), revision(2));
        fixture.clock.advance(POLL);
        assert_eq!(answered(&fixture).await, 2);
        fixture.store.let_one_go();
    };
    let (polled, ()) = tokio::join!(fixture.engine.poll(), overtaken);
    polled.unwrap();
    fixture.clock.advance(ALMOST);
    assert_eq!(answered(&fixture).await, 2);
    assert_eq!(fixture.store.loads(), 2);
}

#[tokio::test]
async fn a_slow_poll_does_not_shorten_a_lease() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.set_slow(true);
    let overtaken = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.clock.advance(LEASE);
        assert_eq!(answered(&fixture).await, 1);
        fixture.store.let_one_go();
    };
    let (polled, ()) = tokio::join!(fixture.engine.poll(), overtaken);
    polled.unwrap();
    let asked = fixture.store.revision_reads();
    fixture.clock.advance(ALMOST);
    assert_eq!(answered(&fixture).await, 1);
    assert_eq!(fixture.store.revision_reads(), asked);
}

#[tokio::test]
async fn without_the_store_the_policy_is_served_within_its_lease_and_then_refused() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.set_away(true);
    fixture.clock.advance(ALMOST);
    assert!(fixture.engine.poll().await.is_err());
    assert_eq!(answered(&fixture).await, 1);
    fixture.clock.advance(Duration::from_millis(1));
    assert!(is_unavailable(&fixture).await);
    assert!(is_unavailable(&fixture).await);
}

#[tokio::test]
async fn when_the_store_is_back_the_next_call_answers() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.set_away(true);
    fixture.clock.advance(LEASE);
    assert!(is_unavailable(&fixture).await);
    fixture.store.set_away(false);
    assert_eq!(answered(&fixture).await, 1);
    assert_eq!(fixture.store.loads(), 1, "the snapshot outlived the outage");
}

#[tokio::test]
async fn a_failed_load_answers_unavailable_and_keeps_the_snapshot_for_its_lease() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.set_away(true);
    let newer = Some(revision(2));
    let answer = fixture.engine.snapshot(organization(1), newer).await;
    assert!(matches!(answer, Err(PolicyError::Unavailable(Some(_)))));
    assert_eq!(answered(&fixture).await, 1);
}

#[tokio::test]
async fn an_observed_write_is_honoured_by_the_next_call() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.put(rows(1, 2));
    fixture.engine.observe(organization(1), revision(2));
    assert_eq!(answered(&fixture).await, 2);
    assert_eq!(fixture.store.loads(), 2);
    fixture.engine.observe(organization(1), revision(1));
    assert_eq!(answered(&fixture).await, 2);
    assert_eq!(fixture.store.loads(), 2, "an old write asks for nothing");
}

#[tokio::test]
async fn an_observed_write_is_never_answered_with_the_policy_before_it() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.put(rows(1, 2));
    fixture.engine.observe(organization(1), revision(2));
    fixture.store.set_away(true);
    assert!(is_unavailable(&fixture).await);
}

#[tokio::test]
async fn a_write_that_overtakes_a_load_is_honoured_by_the_next_call() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let write = async {
        fixture.store.a_call_stopped().await;
        fixture.store.put(rows(1, 2));
        fixture.engine.observe(organization(1), revision(2));
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (answer, ()) = tokio::join!(answered(&fixture), write);
    assert_eq!(answer, 1, "what was committed when the call began");
    assert_eq!(answered(&fixture).await, 2);
    assert_eq!(fixture.store.loads(), 2);
}

#[tokio::test]
async fn a_store_behind_an_observed_write_is_unavailable() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.engine.observe(organization(1), revision(5));
    let answer = fixture.engine.snapshot(organization(1), None).await;
    assert!(matches!(answer, Err(PolicyError::Unavailable(None))));
    fixture.store.put(rows(1, 5));
    assert_eq!(answered(&fixture).await, 5);
}

#[tokio::test]
async fn an_older_policy_never_replaces_a_newer_one() {
    let fixture = fixture();
    fixture.store.put(rows(1, 4));
    assert_eq!(answered(&fixture).await, 4);
    fixture.store.put(rows(1, 3));
    let newer = Some(revision(5));
    let answer = fixture.engine.snapshot(organization(1), newer).await;
    assert!(matches!(answer, Err(PolicyError::Unavailable(None))));
    assert_eq!(answered(&fixture).await, 4, "still within its lease");
    fixture.clock.advance(POLL);
    fixture.engine.poll().await.unwrap();
    fixture.clock.advance(ALMOST);
    let answer = fixture.engine.snapshot(organization(1), None).await;
    assert!(matches!(answer, Err(PolicyError::Unavailable(None))));
}

#[tokio::test]
async fn a_caller_gets_at_least_the_revision_it_names() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.put(rows(1, 2));
    for (at_least, loads) in [(1, 1), (2, 2), (2, 2)] {
        let at_least = Some(revision(at_least));
        let answer = fixture.engine.snapshot(organization(1), at_least).await;
        assert!(Some(answer.unwrap().revision()) >= at_least);
        assert_eq!(fixture.store.loads(), loads);
    }
}

#[tokio::test]
async fn a_revision_that_is_not_there_costs_no_load() {
    let fixture = fixture();
    answered(&fixture).await;
    for _ in 0..3 {
        let at_least = Some(revision(9));
        let answer = fixture.engine.snapshot(organization(1), at_least).await;
        let current = revision(1);
        assert!(
            matches!(answer, Err(PolicyError::UnknownRevision { current: found }) if found == current)
        );
    }
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(answered(&fixture).await, 1);
}

#[tokio::test]
async fn an_unknown_organization_is_said_to_be_unknown_until_it_is_made() {
    let fixture = fixture();
    let unknown = organization(7);
    for _ in 0..2 {
        let answer = fixture.engine.snapshot(unknown, None).await;
        assert!(matches!(answer, Err(PolicyError::UnknownOrganization)));
    }
    fixture.store.put(rows(7, 1));
    let snapshot = fixture.engine.snapshot(unknown, None).await.unwrap();
    assert!(snapshot.check(user(1), "doc.read"));
}

#[tokio::test]
async fn an_organization_that_vanished_is_unknown_after_a_poll_or_its_lease() {
    for polled in [true, false] {
        let fixture = fixture();
        answered(&fixture).await;
        fixture.store.remove(organization(1));
        assert_eq!(answered(&fixture).await, 1);
        if polled {
            fixture.engine.poll().await.unwrap();
        } else {
            fixture.clock.advance(LEASE);
        }
        let answer = fixture.engine.snapshot(organization(1), None).await;
        assert!(matches!(answer, Err(PolicyError::UnknownOrganization)));
    }
}

#[tokio::test]
async fn a_slow_poll_that_found_no_organization_does_not_undo_what_was_read_after_it() {
    let fixture = fixture();
    answered(&fixture).await;
    fixture.store.remove(organization(1));
    fixture.store.set_slow(true);
    let restored = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.store.put(rows(1, 1));
        fixture.clock.advance(LEASE);
        assert_eq!(answered(&fixture).await, 1);
        fixture.store.let_one_go();
    };
    let (polled, ()) = tokio::join!(fixture.engine.poll(), restored);
    polled.unwrap();
    let asked = fixture.store.revision_reads();
    assert_eq!(answered(&fixture).await, 1);
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(fixture.store.revision_reads(), asked);
}
