//! `Store` and `UnitOfWork`.

use std::time::{Duration, Instant};

use futures::future::join_all;

use super::StoreSubject;
use crate::builders;

async fn names(s: &dyn StoreSubject) -> Vec<String> {
    s.look("SELECT name FROM organizations WHERE organization_id > 2 ORDER BY name")
        .await
}

pub async fn what_is_committed_is_seen_by_every_reader(s: &dyn StoreSubject) {
    let mut tx = s.begin().await;
    let new = builders::organization("Acme");
    let made = tx.organizations().insert(&new).await.unwrap();
    tx.commit().await.unwrap();
    let read = s.store().read().organizations().find(made.id).await;
    assert_eq!(read.unwrap(), Some(made));
    assert_eq!(names(s).await, ["Acme"]);
}

pub async fn what_is_rolled_back_never_was(s: &dyn StoreSubject) {
    let mut tx = s.begin().await;
    let new = builders::organization("Acme");
    tx.organizations().insert(&new).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(names(s).await, [""; 0]);
}

pub async fn what_is_dropped_never_was(s: &dyn StoreSubject) {
    let mut tx = s.begin().await;
    let new = builders::organization("Acme");
    tx.organizations().insert(&new).await.unwrap();
    drop(tx);
    // The connection is as good as new, and the name is free.
    s.organization("Acme").await;
    assert_eq!(names(s).await, ["Acme"]);
}

pub async fn no_reader_sees_what_is_not_committed(s: &dyn StoreSubject) {
    let mut tx = s.begin().await;
    let new = builders::organization("Acme");
    let made = tx.organizations().insert(&new).await.unwrap();
    let inside = tx.read().organizations().find(made.id).await.unwrap();
    let outside = s.store().read().organizations().find(made.id).await;
    assert_eq!(inside, Some(made));
    assert_eq!(outside.unwrap(), None);
    tx.commit().await.unwrap();
}

/// A `begin` that is dropped at any point gives no connection back with a
/// transaction open: what is written on it without one would vanish.
pub async fn a_caller_that_goes_away_while_a_transaction_begins_harms_no_other_caller(
    s: &dyn StoreSubject,
) {
    for patience in 0..40 {
        let mut begin = s.store().begin();
        for _ in 0..patience {
            if futures::poll!(&mut begin).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(begin);
        let deadline = Instant::now() + Duration::from_secs(10);
        while s.has_open_transaction().await {
            assert!(Instant::now() < deadline, "a transaction nobody ends");
        }
    }
    let names: Vec<String> = (10..42).map(|number| format!("Tenant {number}")).collect();
    join_all(names.iter().map(|name| s.organization(name))).await;
    assert_eq!(self::names(s).await, names);
}

pub async fn many_at_once_all_get_their_turn(s: &dyn StoreSubject) {
    let names: Vec<String> = (10..60).map(|number| format!("Tenant {number}")).collect();
    join_all(names.iter().map(|name| s.organization(name))).await;
    assert_eq!(self::names(s).await, names);
}
