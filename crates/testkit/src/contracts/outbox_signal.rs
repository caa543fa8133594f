//! `OutboxSignal`.

use std::time::Duration;

use auth_domain::caller::Actor;
use futures::FutureExt as _;
use tokio::time::timeout;

use super::StoreSubject;
use super::jobs::{enqueue, job};
use super::outbox::append;
use crate::builders::event;

pub async fn a_commit_with_an_event_wakes_the_relay(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    // Whatever it does at the first wait, such as connecting.
    append(s, acme.id).await;
    s.outbox_signal().wait().await;
    quiet(s).await;
    let mut tx = s.begin().await;
    let event = event(acme.id, &Actor::system("test"));
    tx.outbox().append(&event).await.unwrap();
    assert!(s.outbox_signal().wait().now_or_never().is_none());
    tx.commit().await.unwrap();
    let woken = s.outbox_signal().wait();
    timeout(Duration::from_secs(10), woken).await.unwrap();
}

pub async fn a_signal_of_events_is_kept_for_the_next_wait(s: &dyn StoreSubject) {
    quiet(s).await;
    let mut dropped = s.outbox_signal().wait();
    assert!(dropped.as_mut().now_or_never().is_none());
    s.outbox_signal().notify();
    drop(dropped);
    let woken = s.outbox_signal().wait();
    timeout(Duration::from_secs(10), woken).await.unwrap();
}

pub async fn jobs_and_events_wake_their_own(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    quiet(s).await;
    // Both wait: one of them listens for the other too.
    let (jobs, events) = (s.job_signal().wait(), s.outbox_signal().wait());
    let both = futures::future::join(jobs, events);
    let written = async {
        append(s, acme.id).await;
        enqueue(s, &job("ana", 0)).await;
    };
    let (woken, ()) = futures::join!(timeout(Duration::from_secs(10), both), written);
    woken.unwrap();
    quiet(s).await;
    append(s, acme.id).await;
    let short = Duration::from_millis(200);
    let job = timeout(short, s.job_signal().wait()).await;
    assert!(job.is_err(), "no job was committed");
    let event = timeout(Duration::from_secs(10), s.outbox_signal().wait());
    event.await.unwrap();
}

/// Takes the signals there are, those that are on their way too.
async fn quiet(s: &dyn StoreSubject) {
    let short = Duration::from_millis(200);
    while timeout(short, s.outbox_signal().wait()).await.is_ok() {}
    while timeout(short, s.job_signal().wait()).await.is_ok() {}
}
