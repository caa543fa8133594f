//! What is read in the background because a caller will need it.

use auth_domain::rbac::PolicyFeed as _;
use std::time::Duration;

use auth_casbin::EngineOptions;
use auth_domain::error::PortError;
use auth_domain::rbac::PolicyEngine as _;

use crate::support::{Fixture, fixture, fixture_with, organization, revision, rows};

/// The organizations of `1..=last` whose policy is in memory and fresh.
fn at_hand(fixture: &Fixture, last: i64) -> Vec<i64> {
    let engine = &fixture.engine;
    (1..=last)
        .filter(|&id| engine.at_hand(organization(id), None).is_some())
        .collect()
}

#[tokio::test]
async fn a_prepared_policy_is_read_by_the_next_poll_and_not_before() {
    let fixture = fixture();
    fixture.engine.prepare(organization(1));
    assert!(at_hand(&fixture, 1).is_empty());
    assert_eq!(fixture.store.loads(), 0);

    fixture.engine.poll().await.unwrap();
    assert_eq!(at_hand(&fixture, 1), [1]);
    assert_eq!(fixture.store.loads(), 1);
}

#[tokio::test]
async fn a_prepared_policy_is_read_by_one_poll_only() {
    let fixture = fixture();
    fixture.engine.prepare(organization(1));
    fixture.engine.prepare(organization(1));
    fixture.engine.poll().await.unwrap();
    fixture.engine.drop_all();
    fixture.engine.poll().await.unwrap();
    assert_eq!(
        fixture.store.loads(),
        1,
        "it was asked for before that poll"
    );
    assert!(at_hand(&fixture, 1).is_empty());

    fixture.engine.prepare(organization(1));
    fixture.engine.poll().await.unwrap();
    assert_eq!(fixture.store.loads(), 2);
}

#[tokio::test]
async fn what_is_fresh_when_the_poll_comes_is_not_read_again() {
    let fixture = fixture();
    fixture.engine.prepare(organization(1));
    let answer = fixture.engine.snapshot(organization(1), None).await;
    assert_eq!(answer.unwrap().revision(), revision(1));
    fixture.engine.poll().await.unwrap();
    assert_eq!(fixture.store.loads(), 1);
}

#[tokio::test]
async fn no_more_is_prepared_than_the_cache_holds() {
    let fixture = fixture_with(EngineOptions {
        max_organizations: 2,
        ..EngineOptions::default()
    });
    for id in 1..=4 {
        fixture.store.put(rows(id, 1));
        fixture.engine.prepare(organization(id));
    }
    fixture.engine.poll().await.unwrap();
    assert_eq!(fixture.store.loads(), 2);
    assert_eq!(at_hand(&fixture, 4), [1, 2]);
}

#[tokio::test]
async fn a_poll_that_cannot_read_what_was_prepared_fails() {
    let fixture = fixture();
    fixture.engine.prepare(organization(1));
    fixture.store.set_away(true);
    let polled = fixture.engine.poll().await;
    assert!(matches!(polled, Err(PortError::Unavailable(_))));
    assert_eq!(fixture.store.loads(), 1);
}

#[tokio::test]
async fn an_organization_that_vanished_after_it_was_prepared_fails_no_poll() {
    let fixture = fixture();
    fixture.store.put(rows(2, 1));
    fixture.engine.prepare(organization(1));
    fixture.engine.prepare(organization(2));
    fixture.store.remove(organization(1));
    fixture.engine.poll().await.unwrap();
    assert_eq!(at_hand(&fixture, 2), [2]);
    fixture.clock.advance(Duration::from_millis(250));
    fixture.engine.poll().await.unwrap();
    assert_eq!(fixture.store.loads(), 2, "each was read once");
}

#[tokio::test]
async fn a_prepared_policy_stays_fresh_as_any_other_does() {
    let fixture = fixture();
    fixture.engine.prepare(organization(1));
    fixture.engine.poll().await.unwrap();
    for _ in 0..8 {
        fixture.clock.advance(Duration::from_millis(250));
        fixture.engine.poll().await.unwrap();
    }
    assert_eq!(at_hand(&fixture, 1), [1]);
    assert_eq!(fixture.store.loads(), 1);
}
