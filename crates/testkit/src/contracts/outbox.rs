//! `Outbox`, as far as it is written; the relay's reads come with the relay.

use auth_domain::actor::Actor;
use auth_domain::events::{Aggregate, Event, EventId, Exchange};
use auth_domain::fields::Fields;
use auth_domain::ids::OrganizationId;
use auth_domain::organizations::OrganizationKind;
use futures::future::join_all;

use super::StoreSubject;
use crate::builders::{self, at};

fn event(of: OrganizationId) -> Event {
    Event {
        exchange: Exchange::Audit,
        event_type: "thing.changed",
        aggregate: Aggregate::Organization(of),
        organization_id: of,
        at: at(0),
        payload: Fields::new().with("name", "new"),
    }
}

async fn append(s: &dyn StoreSubject, of: OrganizationId) -> EventId {
    let mut tx = s.begin().await;
    let id = tx
        .outbox()
        .append(&Actor::system("test"), &event(of))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

async fn numbers(s: &dyn StoreSubject, of: OrganizationId) -> Vec<String> {
    let query = format!(
        "SELECT sequence FROM outbox_events \
         WHERE aggregate_kind = 'organization' AND aggregate_id = {of} ORDER BY position"
    );
    s.look(&query).await
}

pub async fn an_event_is_stored_whole(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let actor = builders::actor(&ana, OrganizationKind::Tenant);
    let mut tx = s.begin().await;
    let id = tx.outbox().append(&actor, &event(acme.id)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(id.0.get_version_num(), 7, "UUIDv7 (RFC 9562)");
    let rows = s
        .look(&format!(
            "SELECT exchange, event_type, aggregate_kind, aggregate_id - {acme}, \
             organization_id - {acme}, actor_id - {ana}, request_id, payload \
             FROM outbox_events WHERE sent_at IS NULL",
            acme = acme.id,
            ana = ana.id,
        ))
        .await;
    let whole = r#"audit.events|thing.changed|organization|0|0|0|request|{"name":"new"}"#;
    assert_eq!(rows, [whole]);
}

pub async fn events_of_one_aggregate_are_numbered_from_one(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    for of in [&acme, &other, &acme] {
        append(s, of.id).await;
    }
    assert_eq!(numbers(s, acme.id).await, ["1", "2"]);
    assert_eq!(numbers(s, other.id).await, ["1"]);
}

pub async fn numbers_have_no_gap_after_a_rollback(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    append(s, acme.id).await;
    let mut tx = s.begin().await;
    let lost = tx.outbox();
    lost.append(&Actor::system("test"), &event(acme.id))
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    append(s, acme.id).await;
    assert_eq!(numbers(s, acme.id).await, ["1", "2"]);
}

pub async fn many_who_append_at_once_leave_no_gap_and_no_pair(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    join_all((0..30).map(|_| append(s, acme.id))).await;
    let numbers = numbers(s, acme.id).await;
    let all: Vec<String> = (1..=30).map(|number: i32| number.to_string()).collect();
    assert_eq!(numbers, all);
}
