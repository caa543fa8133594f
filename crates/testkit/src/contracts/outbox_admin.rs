//! `OutboxAdmin`.

use auth_domain::events::{
    Aggregate, Backlog, BacklogFilter, BacklogState, EventType, OutboxCounts,
};

use super::StoreSubject;
use super::outbox_relay::{LEASE, organizations};
use crate::builders::at;

const ALL: BacklogFilter = BacklogFilter { stopped: false };
const STOPPED: BacklogFilter = BacklogFilter { stopped: true };

pub async fn what_is_unsent_is_listed_by_aggregate(s: &dyn StoreSubject) {
    assert_eq!(s.outbox_admin().backlogs(ALL, None, 9).await.unwrap(), []);
    let made = organizations(s, &[2, 2, 2]).await;
    let of = |index: usize| Aggregate::from(made[index].id);
    let claimed = s.relay().claim(9, at(10), LEASE).await.unwrap();
    let claim = |index: usize| {
        let mut found = claimed.iter();
        found
            .find(|claim| claim.event.aggregate == of(index))
            .unwrap()
    };
    s.relay().stop(claim(0), at(11), "too large").await.unwrap();
    let sent = std::slice::from_ref(claim(1));
    s.relay().sent(sent, at(12)).await.unwrap();

    let backlog = |index: usize, state, unsent, next, claimable_at| Backlog {
        aggregate: of(index),
        state,
        unsent,
        next,
        claimable_at,
        failures: 0,
        last_error: None,
    };
    let stopped = Backlog {
        failures: 1,
        last_error: Some("too large".to_owned()),
        ..backlog(0, BacklogState::Stopped, 2, 1, at(70))
    };
    let expected = [
        stopped.clone(),
        backlog(1, BacklogState::Waiting, 1, 2, at(12)),
        backlog(2, BacklogState::Claimed, 2, 1, at(70)),
    ];
    let listed = s.outbox_admin().backlogs(ALL, None, 9).await.unwrap();
    assert_eq!(listed, expected);
    let pages = [
        s.outbox_admin().backlogs(ALL, None, 2).await.unwrap(),
        s.outbox_admin()
            .backlogs(ALL, Some(of(1)), 2)
            .await
            .unwrap(),
    ];
    assert_eq!(pages.concat(), listed);
    let only = s.outbox_admin().backlogs(STOPPED, None, 9).await.unwrap();
    assert_eq!(only, [stopped]);
}

pub async fn the_unsent_events_of_an_aggregate_are_shown_in_order(s: &dyn StoreSubject) {
    let made = organizations(s, &[3]).await;
    let aggregate = Aggregate::from(made[0].id);
    let claimed = s.relay().claim(1, at(10), LEASE).await.unwrap();
    s.relay().sent(&claimed, at(11)).await.unwrap();
    s.execute("UPDATE outbox_events SET event_type = 'of.tomorrow' WHERE sequence = 3")
        .await;
    let shown = s.outbox_admin().unsent(&aggregate, 9).await.unwrap();
    let known = Some(EventType::OrganizationUpdated);
    let order: Vec<_> = shown.iter().map(|e| (e.sequence, e.event_type)).collect();
    assert_eq!(order, [(2, known), (3, None)]);
    assert_eq!(shown[0].at, at(0));
    let first = s.outbox_admin().unsent(&aggregate, 1).await.unwrap();
    assert_eq!(first, shown[..1]);
    let nothing = Aggregate {
        id: "0".to_owned(),
        ..aggregate
    };
    assert_eq!(s.outbox_admin().unsent(&nothing, 9).await.unwrap(), []);
}

pub async fn what_is_unsent_is_counted(s: &dyn StoreSubject) {
    let counts = async || s.outbox_admin().counts().await.unwrap();
    assert_eq!(counts().await, OutboxCounts::default());
    organizations(s, &[1, 3]).await;
    let all = OutboxCounts {
        unsent: 4,
        stopped: 0,
        oldest: Some(at(0)),
    };
    assert_eq!(counts().await, all);
    let claimed = s.relay().claim(9, at(10), LEASE).await.unwrap();
    for claim in &claimed {
        s.relay().stop(claim, at(11), "too large").await.unwrap();
    }
    let stopped = OutboxCounts {
        stopped: 2,
        oldest: None,
        ..all
    };
    assert_eq!(counts().await, stopped);
}
