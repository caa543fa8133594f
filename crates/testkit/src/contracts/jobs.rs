//! `JobRepo`.

use std::time::Duration;

use auth_domain::jobs::{Job, JobKind, NewJob};
use futures::future::join_all;

use super::StoreSubject;
use crate::builders::at;

const LEASE: Duration = Duration::from_mins(1);

/// A job about `subject`, asked for at a second.
fn job(subject: &str, second: i64) -> NewJob {
    NewJob {
        kind: JobKind::PasswordReset,
        subject: subject.to_owned(),
        request_id: Some("request".to_owned()),
        created_at: at(second),
    }
}

async fn enqueue(s: &dyn StoreSubject, job: &NewJob) {
    let mut tx = s.begin().await;
    tx.jobs().enqueue(job).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim(s: &dyn StoreSubject, second: i64) -> Option<Job> {
    let mut tx = s.begin().await;
    let claimed = tx.jobs().claim(at(second), LEASE).await;
    tx.commit().await.unwrap();
    claimed.unwrap()
}

async fn finish(s: &dyn StoreSubject, job: &Job) {
    let mut tx = s.begin().await;
    tx.jobs().finish(job).await.unwrap();
    tx.commit().await.unwrap();
}

async fn retry(s: &dyn StoreSubject, job: &Job, second: i64) {
    let mut tx = s.begin().await;
    tx.jobs().retry(job, at(second)).await.unwrap();
    tx.commit().await.unwrap();
}

fn subjects(jobs: &[Option<Job>]) -> Vec<&str> {
    let claimed = jobs.iter().flatten();
    let mut subjects: Vec<&str> = claimed.map(|job| job.job.subject.as_str()).collect();
    subjects.sort_unstable();
    subjects
}

pub async fn a_job_is_claimed_as_it_was_asked_for(s: &dyn StoreSubject) {
    assert_eq!(claim(s, 0).await, None);
    let mut asked = job(&"é".repeat(320), 10);
    asked.request_id = None;
    enqueue(s, &asked).await;
    assert_eq!(claim(s, 9).await, None, "it is not asked for yet");
    let claimed = claim(s, 10).await.unwrap();
    assert_eq!((claimed.job, claimed.attempts), (asked, 1));
    assert_eq!(claim(s, 10).await, None);
}

pub async fn a_job_is_of_any_kind(s: &dyn StoreSubject) {
    for kind in JobKind::ALL {
        let mut asked = job("ana@example.com", 0);
        asked.kind = *kind;
        enqueue(s, &asked).await;
        assert_eq!(claim(s, 0).await.unwrap().job, asked);
    }
}

pub async fn the_job_that_is_ready_the_longest_comes_first(s: &dyn StoreSubject) {
    for (subject, second) in [("late", 30), ("first", 10), ("second", 20), ("third", 20)] {
        enqueue(s, &job(subject, second)).await;
    }
    for subject in ["first", "second", "third", "late"] {
        assert_eq!(claim(s, 40).await.unwrap().job.subject, subject);
    }
}

pub async fn claims_at_once_get_different_jobs(s: &dyn StoreSubject) {
    let all = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for subject in all {
        enqueue(s, &job(subject, 0)).await;
    }
    let claimed = join_all(all.map(|_| claim(s, 1))).await;
    assert_eq!(subjects(&claimed), all);
}

pub async fn one_of_many_who_claim_one_job_at_once_gets_it(s: &dyn StoreSubject) {
    for subject in ["a", "b", "c", "d"] {
        enqueue(s, &job(subject, 0)).await;
        let claimed = join_all((0..4).map(|_| claim(s, 1))).await;
        assert_eq!(subjects(&claimed), [subject]);
    }
}

pub async fn a_job_whose_lease_has_passed_is_ready_again(s: &dyn StoreSubject) {
    enqueue(s, &job("ana@example.com", 0)).await;
    let first = claim(s, 10).await.unwrap();
    assert_eq!(claim(s, 69).await, None, "the lease lasts");
    let second = claim(s, 70).await.unwrap();
    assert_eq!((second.id, &second.job), (first.id, &first.job));
    assert_eq!((first.attempts, second.attempts), (1, 2));
    assert_eq!(claim(s, 129).await, None, "the new lease lasts");
}

pub async fn a_claim_that_was_rolled_back_never_was(s: &dyn StoreSubject) {
    enqueue(s, &job("ana@example.com", 0)).await;
    let mut tx = s.begin().await;
    assert!(tx.jobs().claim(at(0), LEASE).await.unwrap().is_some());
    tx.rollback().await.unwrap();
    assert_eq!(claim(s, 0).await.unwrap().attempts, 1);
}

pub async fn a_finished_job_is_gone(s: &dyn StoreSubject) {
    enqueue(s, &job("done", 0)).await;
    enqueue(s, &job("other", 0)).await;
    let done = claim(s, 0).await.unwrap();
    // Late, but nobody else took it on.
    finish(s, &done).await;
    finish(s, &done).await;
    let claimed = [claim(s, 4_000).await, claim(s, 4_000).await];
    assert_eq!(subjects(&claimed), ["other"]);
}

pub async fn a_job_to_retry_is_ready_at_that_time(s: &dyn StoreSubject) {
    enqueue(s, &job("sooner", 0)).await;
    let sooner = claim(s, 0).await.unwrap();
    retry(s, &sooner, 20).await;
    assert_eq!(claim(s, 19).await, None);
    let again = claim(s, 20).await.unwrap();
    assert_eq!((again.id, again.attempts), (sooner.id, 2));
    retry(s, &again, 200).await;
    assert_eq!(claim(s, 199).await, None, "later than the lease");
    assert_eq!(claim(s, 200).await.unwrap().attempts, 3);
}

pub async fn a_job_that_was_claimed_again_is_not_finished_by_the_first_claim(s: &dyn StoreSubject) {
    enqueue(s, &job("ana@example.com", 0)).await;
    let first = claim(s, 0).await.unwrap();
    let second = claim(s, 60).await.unwrap();
    finish(s, &first).await;
    let third = claim(s, 120).await.unwrap();
    assert_eq!((third.id, third.attempts), (second.id, 3));
    finish(s, &third).await;
    assert_eq!(claim(s, 4_000).await, None);
}

pub async fn a_job_that_was_claimed_again_is_not_retried_by_the_first_claim(s: &dyn StoreSubject) {
    enqueue(s, &job("ana@example.com", 0)).await;
    let first = claim(s, 0).await.unwrap();
    claim(s, 60).await.unwrap();
    retry(s, &first, 61).await;
    assert_eq!(claim(s, 119).await, None, "the second lease lasts");
    assert_eq!(claim(s, 120).await.unwrap().attempts, 3);
}
