//! `Inbox`.

use std::time::Duration;

use auth_domain::events::EventId;
use futures::future::{join, join_all};
use tokio::time::sleep;
use uuid::Uuid;

use super::StoreSubject;
use crate::builders::at;

/// Whether it is the first time, in a transaction of its own.
async fn first_time(s: &dyn StoreSubject, consumer: &str, event: EventId) -> bool {
    let mut tx = s.begin().await;
    let first = tx.inbox().first_time(consumer, event, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    first
}

pub async fn an_event_is_handled_for_the_first_time_once(s: &dyn StoreSubject) {
    let (event, other) = (EventId(Uuid::now_v7()), EventId(Uuid::now_v7()));
    assert!(first_time(s, "mailer", event).await);
    assert!(!first_time(s, "mailer", event).await);
    assert!(first_time(s, "mailer", other).await);
}

pub async fn each_consumer_has_a_first_time(s: &dyn StoreSubject) {
    let event = EventId(Uuid::now_v7());
    assert!(first_time(s, "mailer", event).await);
    assert!(first_time(s, "metrics", event).await);
    assert!(!first_time(s, "metrics", event).await);
}

pub async fn what_was_rolled_back_was_not_handled(s: &dyn StoreSubject) {
    let event = EventId(Uuid::now_v7());
    let mut tx = s.begin().await;
    assert!(tx.inbox().first_time("mailer", event, at(0)).await.unwrap());
    tx.rollback().await.unwrap();
    assert!(first_time(s, "mailer", event).await);
}

pub async fn of_many_at_once_one_is_the_first(s: &dyn StoreSubject) {
    let event = EventId(Uuid::now_v7());
    let answers = join_all((0..8).map(|_| first_time(s, "mailer", event))).await;
    assert_eq!(answers.into_iter().filter(|first| *first).count(), 1);
}

pub async fn the_first_time_waits_for_a_transaction_that_may_be_undone(s: &dyn StoreSubject) {
    let event = EventId(Uuid::now_v7());
    let mut undone = s.begin().await;
    let inbox = undone.inbox();
    assert!(inbox.first_time("mailer", event, at(0)).await.unwrap());
    let (first, rolled_back) = join(first_time(s, "mailer", event), async {
        // Time for the other one to answer too early.
        sleep(Duration::from_millis(200)).await;
        undone.rollback().await
    })
    .await;
    rolled_back.unwrap();
    assert!(first, "what was rolled back was not handled");
}
