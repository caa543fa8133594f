//! `JobQueue` and `JobClaims`.

use std::time::Duration;

use auth_domain::jobs::{
    ClaimedJob, JobFilter, JobPayload, JobRecord, JobState, NewJob, QueueName,
};
use futures::future::join_all;

use super::StoreSubject;
use crate::builders::at;

pub(super) const LEASE: Duration = Duration::from_mins(1);
pub(super) const MAIL: QueueName = QueueName::new("mail");
pub(super) const SEARCH: QueueName = QueueName::new("search");
/// A name in which that of the queue `mail` stands.
const MAILBOX: QueueName = QueueName::new("mailbox");

/// A job of the queue `mail` about `subject`, asked for at a second.
pub(super) fn job(subject: &str, second: i64) -> NewJob {
    NewJob {
        queue: MAIL,
        payload: JobPayload::from_json(format!("\"{subject}\"")),
        run_at: at(second),
        dedup_key: None,
        request_id: Some("request".to_owned()),
        created_at: at(second),
    }
}

/// The same, with the key `key`.
pub(super) fn keyed(key: &str, subject: &str, second: i64) -> NewJob {
    NewJob {
        dedup_key: Some(key.to_owned()),
        ..job(subject, second)
    }
}

pub(super) fn of(queue: QueueName, subject: &str) -> NewJob {
    NewJob {
        queue,
        ..job(subject, 0)
    }
}

pub(super) async fn enqueue(s: &dyn StoreSubject, job: &NewJob) {
    let mut tx = s.begin().await;
    tx.jobs().enqueue(job).await.unwrap();
    tx.commit().await.unwrap();
}

pub(super) async fn claim_many(s: &dyn StoreSubject, most: u32, second: i64) -> Vec<ClaimedJob> {
    let claimed = s.jobs().claim(&[MAIL], most, at(second), LEASE).await;
    claimed.unwrap()
}

pub(super) async fn claim(s: &dyn StoreSubject, second: i64) -> Option<ClaimedJob> {
    let mut claimed = claim_many(s, 1, second).await;
    assert!(claimed.len() <= 1, "{claimed:?}");
    claimed.pop()
}

pub(super) async fn finish(s: &dyn StoreSubject, job: &ClaimedJob) {
    s.jobs().finish(job).await.unwrap();
}

pub(super) async fn retry(s: &dyn StoreSubject, job: &ClaimedJob, second: i64) {
    s.jobs().retry(job, at(second), "away").await.unwrap();
}

pub(super) async fn fail(s: &dyn StoreSubject, job: &ClaimedJob, second: i64) {
    s.jobs().fail(job, at(second), "refused").await.unwrap();
}

pub(super) async fn list(s: &dyn StoreSubject, filter: &JobFilter) -> Vec<JobRecord> {
    s.job_admin().list(filter, None, 100).await.unwrap()
}

pub(super) fn subjects(jobs: &[ClaimedJob]) -> Vec<&str> {
    let subjects = jobs.iter().map(|job| job.payload.as_json());
    subjects.map(|json| json.trim_matches('"')).collect()
}

pub(super) fn sorted(mut subjects: Vec<&str>) -> Vec<&str> {
    subjects.sort_unstable();
    subjects
}

pub async fn a_job_is_claimed_as_it_was_asked_for(s: &dyn StoreSubject) {
    assert_eq!(claim(s, 0).await, None);
    let mut asked = job(&"é{}".repeat(320), 10);
    asked.created_at = at(3);
    asked.request_id = None;
    enqueue(s, &asked).await;
    assert_eq!(claim(s, 9).await, None, "it is not its time yet");
    let claimed = claim(s, 10).await.unwrap();
    let expected = ClaimedJob {
        id: claimed.id,
        queue: asked.queue,
        payload: asked.payload,
        request_id: None,
        created_at: at(3),
        attempts: 1,
        claimed_at: at(10),
    };
    assert_eq!(claimed, expected);
    assert_eq!(claim(s, 10).await, None);
    enqueue(s, &job("traced", 10)).await;
    let traced = claim(s, 10).await.unwrap();
    assert_eq!(traced.request_id.as_deref(), Some("request"));
}

pub async fn a_job_of_a_transaction_that_was_rolled_back_never_was(s: &dyn StoreSubject) {
    let mut tx = s.begin().await;
    tx.jobs().enqueue(&job("ana", 0)).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(claim(s, 0).await, None);
}

pub async fn a_claim_gets_jobs_of_its_queues_only(s: &dyn StoreSubject) {
    for queue in [MAILBOX, SEARCH, MAIL] {
        enqueue(s, &of(queue.clone(), queue.as_str())).await;
    }
    let claimed = claim_many(s, 9, 0).await;
    assert_eq!(
        (subjects(&claimed), &claimed[0].queue),
        (vec!["mail"], &MAIL)
    );
    let none = s.jobs().claim(&[], 9, at(0), LEASE).await.unwrap();
    assert_eq!(none, []);
    let both = [SEARCH, MAIL, MAILBOX];
    let claimed = s.jobs().claim(&both, 9, at(0), LEASE).await.unwrap();
    assert_eq!(sorted(subjects(&claimed)), ["mailbox", "search"]);
}

pub async fn the_jobs_that_are_ready_the_longest_come_first(s: &dyn StoreSubject) {
    for (subject, second) in [("late", 30), ("first", 10), ("second", 20), ("third", 20)] {
        enqueue(s, &job(subject, second)).await;
    }
    assert_eq!(claim_many(s, 0, 40).await, []);
    assert_eq!(subjects(&claim_many(s, 1, 40).await), ["first"]);
    assert_eq!(subjects(&claim_many(s, 2, 40).await), ["second", "third"]);
    assert_eq!(subjects(&claim_many(s, 9, 40).await), ["late"]);
}

pub async fn jobs_claimed_together_come_in_the_order_they_were_asked_for(s: &dyn StoreSubject) {
    for (subject, asked, ready) in [("second", 5, 1), ("first", 3, 9), ("third", 5, 0)] {
        let mut job = job(subject, asked);
        job.run_at = at(ready);
        enqueue(s, &job).await;
    }
    let claimed = claim_many(s, 9, 10).await;
    assert_eq!(subjects(&claimed), ["first", "second", "third"]);
}

pub async fn claims_at_once_get_different_jobs(s: &dyn StoreSubject) {
    let all = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for subject in all {
        enqueue(s, &job(subject, 0)).await;
    }
    let claimed = join_all((0..6).map(|_| claim_many(s, 2, 1))).await.concat();
    assert_eq!(sorted(subjects(&claimed)), all);
}

pub async fn one_of_many_claims_at_once_gets_the_job(s: &dyn StoreSubject) {
    for subject in ["a", "b", "c", "d"] {
        enqueue(s, &job(subject, 0)).await;
        let claimed = join_all((0..4).map(|_| claim_many(s, 4, 1))).await.concat();
        assert_eq!(subjects(&claimed), [subject]);
    }
}

pub async fn a_job_whose_lease_has_passed_is_ready_again(s: &dyn StoreSubject) {
    enqueue(s, &job("ana", 0)).await;
    let first = claim(s, 10).await.unwrap();
    assert_eq!(claim(s, 69).await, None, "the lease lasts");
    let second = claim(s, 70).await.unwrap();
    assert_eq!((second.id, &second.payload), (first.id, &first.payload));
    assert_eq!((second.attempts, second.claimed_at), (2, at(70)));
    assert_eq!(claim(s, 129).await, None, "the new lease lasts");
}

pub async fn a_finished_job_is_gone(s: &dyn StoreSubject) {
    enqueue(s, &job("done", 0)).await;
    enqueue(s, &job("other", 0)).await;
    let done = claim(s, 0).await.unwrap();
    // Late, but no other claim was made.
    finish(s, &done).await;
    finish(s, &done).await;
    assert_eq!(subjects(&claim_many(s, 9, 4_000).await), ["other"]);
}

pub async fn a_job_to_retry_waits_until_that_time_with_its_error(s: &dyn StoreSubject) {
    enqueue(s, &job("sooner", 0)).await;
    let sooner = claim(s, 0).await.unwrap();
    retry(s, &sooner, 20).await;
    let waiting = list(s, &JobFilter::default()).await.remove(0);
    assert_eq!((waiting.state, waiting.run_at), (JobState::Waiting, at(20)));
    assert_eq!(waiting.last_error.as_deref(), Some("away"));
    assert_eq!(claim(s, 19).await, None);
    let again = claim(s, 20).await.unwrap();
    assert_eq!((again.id, again.attempts), (sooner.id, 2));
    retry(s, &again, 200).await;
    assert_eq!(claim(s, 199).await, None, "later than the lease");
    assert_eq!(claim(s, 200).await.unwrap().attempts, 3);
}

pub async fn a_claim_that_is_over_changes_nothing(s: &dyn StoreSubject) {
    enqueue(s, &job("ana", 0)).await;
    let first = claim(s, 0).await.unwrap();
    let second = claim(s, 60).await.unwrap();
    finish(s, &first).await;
    retry(s, &first, 61).await;
    fail(s, &first, 61).await;
    assert_eq!(claim(s, 119).await, None, "the second lease lasts");
    let third = claim(s, 120).await.unwrap();
    assert_eq!((third.id, third.attempts), (second.id, 3));
    retry(s, &third, 130).await;
    // Ended before: the job waits.
    finish(s, &third).await;
    fail(s, &third, 125).await;
    retry(s, &third, 125).await;
    assert_eq!(claim(s, 129).await, None);
    finish(s, &claim(s, 130).await.unwrap()).await;
    assert_eq!(claim(s, 4_000).await, None);
}

pub async fn a_job_that_waits_keeps_others_of_its_key_out(s: &dyn StoreSubject) {
    enqueue(s, &keyed("ana", "first", 10)).await;
    enqueue(s, &keyed("ana", "second", 5)).await;
    enqueue(s, &keyed("eva", "of another key", 10)).await;
    let elsewhere = NewJob {
        queue: SEARCH,
        ..keyed("ana", "of another queue", 10)
    };
    enqueue(s, &elsewhere).await;
    for subject in ["without key", "without key"] {
        enqueue(s, &job(subject, 10)).await;
    }
    assert_eq!(claim(s, 9).await, None, "the first one is as it was");
    let claimed = claim_many(s, 9, 10).await;
    let expected = ["first", "of another key", "without key", "without key"];
    assert_eq!(sorted(subjects(&claimed)), expected);
    assert_eq!(list(s, &JobFilter::default()).await.len(), 5);
}

pub async fn of_many_jobs_of_a_key_asked_for_at_once_one_waits(s: &dyn StoreSubject) {
    let asked = keyed("ana", "ana", 0);
    join_all((0..8).map(|_| enqueue(s, &asked))).await;
    assert_eq!(claim_many(s, 9, 0).await.len(), 1);
}

pub async fn a_claimed_or_dead_job_keeps_no_other_out(s: &dyn StoreSubject) {
    enqueue(s, &keyed("ana", "claimed", 0)).await;
    let claimed = claim(s, 0).await.unwrap();
    enqueue(s, &keyed("ana", "second", 0)).await;
    let second = claim(s, 0).await.unwrap();
    assert_eq!(subjects(std::slice::from_ref(&second)), ["second"]);
    fail(s, &second, 1).await;
    finish(s, &claimed).await;
    enqueue(s, &keyed("ana", "third", 1)).await;
    assert_eq!(subjects(&claim_many(s, 9, 1).await), ["third"]);
}

pub async fn a_job_to_retry_gives_way_to_one_of_its_key_that_waits(s: &dyn StoreSubject) {
    enqueue(s, &keyed("ana", "first", 0)).await;
    let first = claim(s, 0).await.unwrap();
    enqueue(s, &keyed("ana", "second", 1)).await;
    retry(s, &first, 5).await;
    assert_eq!(subjects(&claim_many(s, 9, 4_000).await), ["second"]);
    assert_eq!(list(s, &JobFilter::default()).await.len(), 1);
}
