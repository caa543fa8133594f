//! `JobSignal`.

use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::timeout;

use super::StoreSubject;
use super::jobs::{enqueue, job};

pub async fn a_commit_with_a_job_wakes_the_runner(s: &dyn StoreSubject) {
    // Whatever it does at the first wait, such as connecting.
    enqueue(s, &job("ana", 0)).await;
    s.job_signal().wait().await;
    quiet(s).await;
    let mut tx = s.begin().await;
    tx.jobs().enqueue(&job("eva", 0)).await.unwrap();
    assert!(s.job_signal().wait().now_or_never().is_none());
    tx.commit().await.unwrap();
    let woken = s.job_signal().wait();
    timeout(Duration::from_secs(10), woken).await.unwrap();
}

pub async fn a_signal_is_kept_for_the_next_wait(s: &dyn StoreSubject) {
    quiet(s).await;
    let mut dropped = s.job_signal().wait();
    assert!(dropped.as_mut().now_or_never().is_none());
    s.job_signal().notify();
    drop(dropped);
    let woken = s.job_signal().wait();
    timeout(Duration::from_secs(10), woken).await.unwrap();
}

pub async fn a_commit_without_a_job_and_a_rollback_wake_nothing(s: &dyn StoreSubject) {
    quiet(s).await;
    s.organization("Acme").await;
    let mut tx = s.begin().await;
    tx.jobs().enqueue(&job("ana", 0)).await.unwrap();
    tx.rollback().await.unwrap();
    let woken = s.job_signal().wait();
    let woken = timeout(Duration::from_millis(100), woken).await;
    assert!(woken.is_err(), "no job was committed");
}

/// Takes the signals there are, those that are on their way too.
async fn quiet(s: &dyn StoreSubject) {
    let short = Duration::from_millis(200);
    while timeout(short, s.job_signal().wait()).await.is_ok() {}
}
