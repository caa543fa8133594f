//! `OutboxRelay`.

use std::time::Duration;

use auth_domain::caller::Actor;
use auth_domain::events::{Aggregate, ClaimedEvent, StoppedAggregates};
use auth_domain::organizations::Organization;
use futures::future::join_all;

use super::StoreSubject;
use super::outbox::append;
use crate::builders::{self, at, event};

pub(super) const LEASE: Duration = Duration::from_mins(1);

async fn claim_many(s: &dyn StoreSubject, most: u32, second: i64) -> Vec<ClaimedEvent> {
    s.relay().claim(most, at(second), LEASE).await.unwrap()
}

async fn claim(s: &dyn StoreSubject, second: i64) -> Option<ClaimedEvent> {
    let mut claimed = claim_many(s, 1, second).await;
    assert!(claimed.len() <= 1, "{claimed:?}");
    claimed.pop()
}

async fn sent(s: &dyn StoreSubject, claims: &[ClaimedEvent], second: i64) {
    s.relay().sent(claims, at(second)).await.unwrap();
}

async fn put_off(s: &dyn StoreSubject, claim: &ClaimedEvent, second: i64) {
    let later = s.relay().put_off(claim, at(second), "refused").await;
    later.unwrap();
}

async fn stop(s: &dyn StoreSubject, claim: &ClaimedEvent, second: i64) {
    s.relay()
        .stop(claim, at(second), "too large")
        .await
        .unwrap();
}

async fn redrive(s: &dyn StoreSubject, which: &StoppedAggregates, second: i64) -> u64 {
    s.relay().redrive(which, at(second)).await.unwrap()
}

/// What each claim is of: the aggregate and the number of its event.
fn heads(claims: &[ClaimedEvent]) -> Vec<(Aggregate, i64)> {
    let heads = claims.iter();
    let mut heads: Vec<_> = heads
        .map(|claim| (claim.event.aggregate.clone(), claim.sequence))
        .collect();
    heads.sort_unstable_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    heads
}

/// Organizations with that many unsent events each, by the text of their ids.
pub(super) async fn organizations(s: &dyn StoreSubject, events: &[usize]) -> Vec<Organization> {
    let mut made = Vec::new();
    for (number, events) in events.iter().enumerate() {
        let organization = s.organization(&format!("Organization {number}")).await;
        for _ in 0..*events {
            append(s, organization.id).await;
        }
        made.push(organization);
    }
    made.sort_unstable_by_key(|organization| organization.id.to_string());
    made
}

fn aggregate(of: &Organization) -> Aggregate {
    of.id.into()
}

pub async fn an_event_is_claimed_as_it_was_written_down(s: &dyn StoreSubject) {
    assert_eq!(claim_many(s, 9, 0).await, []);
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    for actor in [builders::actor(&ana), Actor::system("test")] {
        let event = event(acme.id, &actor);
        let mut tx = s.begin().await;
        let sequence = tx.outbox().append(&event).await.unwrap();
        tx.commit().await.unwrap();
        let claimed = claim(s, 10).await.unwrap();
        let expected = ClaimedEvent {
            event,
            sequence,
            failures: 0,
            claimed_at: at(10),
        };
        assert_eq!(claimed, expected);
        sent(s, &[claimed], 10).await;
    }
}

pub async fn an_event_that_is_not_committed_is_not_claimed(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut tx = s.begin().await;
    let event = event(acme.id, &Actor::system("test"));
    tx.outbox().append(&event).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(claim(s, 10).await, None);
    append(s, acme.id).await;
    assert_eq!(claim(s, 10).await.unwrap().sequence, 1);
}

pub async fn events_of_one_aggregate_are_claimed_one_after_the_other(s: &dyn StoreSubject) {
    let made = organizations(s, &[3]).await;
    for number in 1..=3 {
        let claimed = claim_many(s, 9, 10 * number).await;
        assert_eq!(heads(&claimed), [(aggregate(&made[0]), number)]);
        assert_eq!(claim(s, 10 * number + 1).await, None, "it is claimed");
        sent(s, &claimed, 10 * number + 2).await;
    }
    assert_eq!(claim(s, 4_000).await, None);
    let times = "SELECT count(*) FROM outbox_events WHERE sent_at IS NOT NULL";
    assert_eq!(s.look(times).await, ["3"]);
    append(s, made[0].id).await;
    assert_eq!(claim(s, 4_000).await.unwrap().sequence, 4);
}

pub async fn aggregates_that_wait_the_longest_come_first(s: &dyn StoreSubject) {
    organizations(s, &[2, 2]).await;
    assert_eq!(claim_many(s, 0, 10).await, []);
    let first = claim(s, 10).await.unwrap();
    sent(s, std::slice::from_ref(&first), 11).await;
    // Its next event came to the front at 11, the other aggregate's at 0.
    let second = claim(s, 12).await.unwrap();
    assert_ne!(first.event.aggregate, second.event.aggregate);
    sent(s, &[second], 13).await;
    assert_eq!(
        claim(s, 14).await.unwrap().event.aggregate,
        first.event.aggregate
    );
}

pub async fn claims_at_once_get_different_aggregates(s: &dyn StoreSubject) {
    let made = organizations(s, &[2, 2, 2, 2, 2, 2]).await;
    let claimed = join_all((0..4).map(|_| claim_many(s, 3, 10)))
        .await
        .concat();
    let all: Vec<_> = made.iter().map(|of| (aggregate(of), 1)).collect();
    assert_eq!(heads(&claimed), all);
    // Several at once mark what they sent, too.
    let marks = claimed.chunks(2).map(|some| sent(s, some, 11));
    join_all(marks).await;
    assert_eq!(claim_many(s, 9, 12).await.len(), 6);
}

pub async fn an_event_whose_lease_has_passed_is_claimed_again(s: &dyn StoreSubject) {
    organizations(s, &[2]).await;
    let first = claim(s, 10).await.unwrap();
    assert_eq!(claim(s, 69).await, None, "the lease lasts");
    let second = claim(s, 70).await.unwrap();
    assert_eq!((&second.event, second.sequence), (&first.event, 1));
    assert_eq!((second.failures, second.claimed_at), (0, at(70)));
    assert_eq!(claim(s, 129).await, None, "the new lease lasts");
}

pub async fn released_events_are_claimed_again_without_a_failure(s: &dyn StoreSubject) {
    organizations(s, &[1, 1]).await;
    let claimed = claim_many(s, 9, 10).await;
    s.relay().release(&claimed, at(20)).await.unwrap();
    assert_eq!(claim(s, 19).await, None);
    let again = claim_many(s, 9, 20).await;
    assert_eq!(heads(&again), heads(&claimed));
    assert!(again.iter().all(|claim| claim.failures == 0));
    s.relay().release(&[], at(30)).await.unwrap();
    sent(s, &[], 30).await;
    assert_eq!(claim(s, 79).await, None, "the claims last");
}

pub async fn an_event_to_try_later_holds_up_its_aggregate_only(s: &dyn StoreSubject) {
    organizations(s, &[2, 2]).await;
    let claimed = claim_many(s, 9, 10).await;
    put_off(s, &claimed[0], 100).await;
    sent(s, &claimed[1..], 11).await;
    let other = claim(s, 99).await.unwrap();
    assert_eq!(other.event.aggregate, claimed[1].event.aggregate);
    let again = claim(s, 100).await.unwrap();
    assert_eq!((&again.event, again.failures), (&claimed[0].event, 1));
    let kept = "SELECT last_error FROM outbox_aggregates WHERE failures = 1";
    assert_eq!(s.look(kept).await, ["refused"]);
    put_off(s, &again, 110).await;
    let third = claim(s, 110).await.unwrap();
    assert_eq!(third.failures, 2);
    sent(s, &[third], 111).await;
    let next = claim(s, 111).await.unwrap();
    assert_eq!((next.sequence, next.failures), (2, 0), "a new event");
    let kept = "SELECT count(*) FROM outbox_aggregates WHERE last_error IS NOT NULL";
    assert_eq!(s.look(kept).await, ["0"]);
}

pub async fn a_stopped_aggregate_waits_for_an_operator_and_others_go_on(s: &dyn StoreSubject) {
    let made = organizations(s, &[2, 1]).await;
    let claimed = claim_many(s, 9, 10).await;
    stop(s, &claimed[0], 11).await;
    s.relay().release(&claimed[1..], at(11)).await.unwrap();
    for organization in &made {
        append(s, organization.id).await;
    }
    let others = claim_many(s, 9, 4_000).await;
    assert_eq!(heads(&others), heads(&claimed[1..]));
    let kept = "SELECT failures, last_error FROM outbox_aggregates WHERE stopped_at IS NOT NULL";
    assert_eq!(s.look(kept).await, ["1|too large"]);
}

pub async fn stopped_aggregates_are_redriven_one_by_one_or_all(s: &dyn StoreSubject) {
    let made = organizations(s, &[1, 1, 1, 1]).await;
    let claimed = claim_many(s, 9, 10).await;
    for claim in &claimed {
        stop(s, claim, 11).await;
    }
    let one = StoppedAggregates::One(aggregate(&made[1]));
    assert_eq!(redrive(s, &one, 20).await, 1);
    assert_eq!(redrive(s, &one, 20).await, 0, "it is not stopped");
    assert_eq!(claim(s, 19).await, None);
    let again = claim_many(s, 9, 20).await;
    assert_eq!(heads(&again), [(aggregate(&made[1]), 1)]);
    assert_eq!(again[0].failures, 0);
    assert_eq!(redrive(s, &StoppedAggregates::All, 21).await, 3);
    assert_eq!(
        claim_many(s, 9, 21).await.len(),
        3,
        "the claimed one is claimed"
    );
}

pub async fn a_claim_of_events_that_is_over_changes_nothing(s: &dyn StoreSubject) {
    organizations(s, &[2]).await;
    let first = claim(s, 0).await.unwrap();
    let second = claim(s, 60).await.unwrap();
    let over = std::slice::from_ref(&first);
    sent(s, over, 61).await;
    s.relay().release(over, at(61)).await.unwrap();
    put_off(s, &first, 61).await;
    stop(s, &first, 61).await;
    assert_eq!(claim(s, 119).await, None, "the second lease lasts");
    sent(s, std::slice::from_ref(&second), 119).await;
    // Ended before: the next event is another claim's.
    sent(s, std::slice::from_ref(&second), 119).await;
    stop(s, &second, 119).await;
    let next = claim(s, 119).await.unwrap();
    assert_eq!((next.sequence, next.failures), (2, 0));
    sent(s, &[second], 120).await;
    assert_eq!(claim(s, 178).await, None, "the third lease lasts");
    sent(s, &[next], 178).await;
    assert_eq!(claim(s, 4_000).await, None);
}

pub async fn an_event_that_cannot_be_read_holds_up_its_aggregate_only(s: &dyn StoreSubject) {
    let made = organizations(s, &[1, 1]).await;
    s.execute(&format!(
        "UPDATE outbox_events SET event_type = 'of.tomorrow' WHERE aggregate_id = '{}'",
        made[0].id
    ))
    .await;
    let claimed = claim_many(s, 9, 10).await;
    assert_eq!(heads(&claimed), [(aggregate(&made[1]), 1)]);
    sent(s, &claimed, 11).await;
    s.execute("UPDATE outbox_events SET event_type = 'organization.updated'")
        .await;
    let claimed = claim_many(s, 9, 70).await;
    assert_eq!(
        heads(&claimed),
        [(aggregate(&made[0]), 1)],
        "after the lease"
    );
}
