//! After every snapshot was dropped.

use std::time::Duration;

use auth_domain::rbac::{PolicyEngine as _, PolicyError, PolicyFeed as _};

use crate::support::{Fixture, fixture, organization, revision, rows, user};

/// Whether user 1 may write by what a call answers now.
async fn may_write(fixture: &Fixture) -> bool {
    let snapshot = fixture.engine.snapshot(organization(1), None).await;
    snapshot.unwrap().check(user(1), "doc.write")
}

/// The rows of revision 2, under the number of revision 1: what an
/// operator leaves that repairs the database by hand.
fn behind_the_back() -> auth_domain::rbac::PolicyRows {
    auth_domain::rbac::PolicyRows {
        revision: revision(1),
        ..rows(1, 2)
    }
}

#[tokio::test]
async fn the_next_call_loads_whatever_the_revision_says() {
    let fixture = fixture();
    assert!(!may_write(&fixture).await);
    fixture.store.put(behind_the_back());
    fixture.clock.advance(Duration::from_secs(1));
    assert!(!may_write(&fixture).await, "the revision did not change");
    fixture.engine.drop_all();
    assert!(may_write(&fixture).await);
    assert!(may_write(&fixture).await);
    assert_eq!(fixture.store.loads(), 2, "once is enough");
}

#[tokio::test]
async fn a_load_under_way_serves_no_call_that_comes_after() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let dropped = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.store.put(behind_the_back());
        fixture.engine.drop_all();
        fixture.store.let_one_go();
        may_write(&fixture).await
    };
    let (_before, after) = tokio::join!(may_write(&fixture), dropped);
    assert!(after);
    assert!(may_write(&fixture).await);
}

#[tokio::test]
async fn what_was_observed_is_still_required() {
    let fixture = fixture();
    may_write(&fixture).await;
    fixture.engine.observe(organization(1), revision(2));
    fixture.engine.drop_all();
    let answer = fixture.engine.snapshot(organization(1), None).await;
    assert!(matches!(answer, Err(PolicyError::Unavailable(None))));
}

#[tokio::test]
async fn without_the_store_nothing_is_decided() {
    let fixture = fixture();
    may_write(&fixture).await;
    fixture.store.set_away(true);
    fixture.engine.drop_all();
    let answer = fixture.engine.snapshot(organization(1), None).await;
    assert!(matches!(answer, Err(PolicyError::Unavailable(Some(_)))));
}

#[tokio::test]
async fn a_dropped_policy_is_not_polled_until_it_is_read_again() {
    let fixture = fixture();
    may_write(&fixture).await;
    fixture.engine.drop_all();
    fixture.engine.poll().await.unwrap();
    assert_eq!(fixture.store.revision_reads(), 0);
    assert_eq!(
        fixture.store.loads(),
        1,
        "a poll reads nothing that was dropped"
    );

    may_write(&fixture).await;
    fixture.engine.poll().await.unwrap();
    assert_eq!(fixture.store.revision_reads(), 1);
    assert_eq!(fixture.store.loads(), 2);
}

#[tokio::test]
async fn a_poll_under_way_brings_back_nothing_that_was_dropped() {
    let fixture = fixture();
    may_write(&fixture).await;
    fixture.store.set_slow(true);
    let dropped = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.store.put(behind_the_back());
        fixture.engine.drop_all();
        fixture.store.let_one_go();
    };
    let (polled, ()) = tokio::join!(fixture.engine.poll(), dropped);
    polled.unwrap();
    assert!(may_write(&fixture).await);
    assert_eq!(fixture.store.loads(), 2);
}
