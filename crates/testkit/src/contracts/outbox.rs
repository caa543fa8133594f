//! `Outbox`.

use auth_domain::caller::Actor;
use auth_domain::ids::OrganizationId;
use futures::future::join_all;

use super::StoreSubject;
use crate::builders::{self, event};

pub(super) async fn append(s: &dyn StoreSubject, of: OrganizationId) -> i64 {
    let mut tx = s.begin().await;
    let event = event(of, &Actor::system("test"));
    let number = tx.outbox().append(&event).await.unwrap();
    tx.commit().await.unwrap();
    number
}

async fn numbers(s: &dyn StoreSubject, of: OrganizationId) -> Vec<String> {
    let query = format!(
        "SELECT sequence FROM outbox_events \
         WHERE aggregate_kind = 'organization' AND aggregate_id = '{of}' ORDER BY position"
    );
    s.look(&query).await
}

pub async fn an_event_is_stored_whole(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let event = event(acme.id, &builders::actor(&ana));
    let mut tx = s.begin().await;
    tx.outbox().append(&event).await.unwrap();
    tx.commit().await.unwrap();
    let rows = s
        .look(&format!(
            "SELECT exchange, event_type, aggregate_kind, aggregate_id, \
             organization_id - {acme}, actor_id - {ana}, request_id, payload \
             FROM outbox_events WHERE sent_at IS NULL",
            acme = acme.id,
            ana = ana.id,
        ))
        .await;
    let whole = format!(
        "audit.events|organization.updated|organization|{acme}|0|0|request|{{\"actor_id\":{ana},\
         \"license_status\":\"active\",\"organization_id\":{acme}}}",
        acme = acme.id,
        ana = ana.id,
    );
    assert_eq!(rows, [whole]);
}

pub async fn events_of_one_aggregate_are_numbered_from_one(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    for (of, number) in [(&acme, 1), (&other, 1), (&acme, 2)] {
        assert_eq!(append(s, of.id).await, number);
    }
    assert_eq!(numbers(s, acme.id).await, ["1", "2"]);
    assert_eq!(numbers(s, other.id).await, ["1"]);
}

pub async fn numbers_have_no_gap_after_a_rollback(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    append(s, acme.id).await;
    let mut tx = s.begin().await;
    let lost = tx.outbox();
    let event = event(acme.id, &Actor::system("test"));
    lost.append(&event).await.unwrap();
    tx.rollback().await.unwrap();
    append(s, acme.id).await;
    assert_eq!(numbers(s, acme.id).await, ["1", "2"]);
}

pub async fn many_appends_at_once_leave_no_gap_and_no_pair(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    join_all((0..30).map(|_| append(s, acme.id))).await;
    let numbers = numbers(s, acme.id).await;
    let all: Vec<String> = (1..=30).map(|number: i32| number.to_string()).collect();
    assert_eq!(numbers, all);
}
