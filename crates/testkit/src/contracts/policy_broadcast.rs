//! `PolicyBroadcast`.

use std::collections::BTreeSet;
use std::time::Duration;

use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{PolicyBroadcast, PolicyNews, PolicyRevision};
use futures::future::try_join_all;
use tokio::time::timeout;

/// Far more than any adapter keeps.
const MANY: i64 = 5_000;

/// Instances that hear each other and have nothing to say yet: all that there
/// are, at least one.
pub trait PolicyBroadcastSubject: Send + Sync {
    fn instances(&self) -> &[Box<dyn PolicyBroadcast>];
}

/// One test for each case; `$fresh` is the path of an async function that
/// makes a [`PolicyBroadcastSubject`].
#[macro_export]
macro_rules! policy_broadcast_contract {
    ($fresh:path) => {
        $crate::contract_cases!($fresh, policy_broadcast: [
            every_instance_hears_what_is_published_the_publisher_included,
            news_that_came_while_no_caller_waited_is_kept,
            a_caller_that_gives_up_waiting_loses_nothing,
            more_news_than_is_kept_drops_all,
        ]);
    };
}

fn changed(revision: i64) -> PolicyNews {
    PolicyNews::Changed(OrganizationId::DEFAULT, PolicyRevision::new(revision))
}

/// The next news, within a time that no adapter needs.
async fn next(instance: &dyn PolicyBroadcast) -> PolicyNews {
    let next = timeout(Duration::from_secs(10), instance.next()).await;
    next.expect("news")
}

pub async fn every_instance_hears_what_is_published_the_publisher_included(
    s: &dyn PolicyBroadcastSubject,
) {
    for (revision, publisher) in (1..).zip(s.instances()) {
        for news in [changed(revision), PolicyNews::DropAll] {
            publisher.publish(news).await.unwrap();
            for instance in s.instances() {
                assert_eq!(next(&**instance).await, news);
            }
        }
    }
}

pub async fn news_that_came_while_no_caller_waited_is_kept(s: &dyn PolicyBroadcastSubject) {
    for revision in 1..=100 {
        s.instances()[0].publish(changed(revision)).await.unwrap();
    }
    for instance in s.instances() {
        for revision in 1..=100 {
            assert_eq!(next(&**instance).await, changed(revision));
        }
    }
}

pub async fn a_caller_that_gives_up_waiting_loses_nothing(s: &dyn PolicyBroadcastSubject) {
    for revision in 1..=20 {
        for instance in s.instances() {
            let mut waiting = instance.next();
            assert!(futures::poll!(&mut waiting).is_pending());
            drop(waiting);
        }
        s.instances()[0].publish(changed(revision)).await.unwrap();
        for instance in s.instances() {
            assert_eq!(next(&**instance).await, changed(revision));
        }
    }
}

pub async fn more_news_than_is_kept_drops_all(s: &dyn PolicyBroadcastSubject) {
    let publisher = &s.instances()[0];
    for published in 0..MANY / 500 {
        let revisions = published * 500..(published + 1) * 500;
        let publish = revisions.map(|revision| publisher.publish(changed(revision)));
        try_join_all(publish).await.unwrap();
    }
    publisher.publish(changed(MANY)).await.unwrap();
    for instance in s.instances() {
        let mut heard = BTreeSet::new();
        let mut dropped = false;
        while !heard.contains(&MANY) {
            match next(&**instance).await {
                PolicyNews::DropAll => dropped = true,
                PolicyNews::Changed(_, revision) => drop(heard.insert(revision.get())),
            }
        }
        let all = heard.into_iter().eq(0..=MANY);
        assert!(all || dropped, "news was lost silently");
    }
}
