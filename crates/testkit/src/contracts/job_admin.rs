//! `JobAdmin`.

use auth_domain::ids::JobId;
use auth_domain::jobs::{
    ClaimedJob, DeadJobs, JobFilter, JobRecord, JobState, NewJob, QueueCounts, QueueName,
};

use super::StoreSubject;
use super::jobs::{
    LEASE, MAIL, SEARCH, claim, claim_many, enqueue, fail, finish, job, keyed, list, of, retry,
    sorted, subjects,
};
use crate::builders::at;

async fn redrive(s: &dyn StoreSubject, which: &DeadJobs, second: i64) -> u64 {
    s.job_admin().redrive(which, at(second)).await.unwrap()
}

/// A dead job about `subject`, which died at a second.
async fn dead(s: &dyn StoreSubject, asked: &NewJob, second: i64) -> ClaimedJob {
    enqueue(s, asked).await;
    let queues = [asked.queue.clone()];
    let claimed = s.jobs().claim(&queues, 1, at(second), LEASE).await.unwrap();
    fail(s, &claimed[0], second).await;
    claimed[0].clone()
}

pub async fn a_dead_job_stays_with_its_reason_and_is_not_claimed(s: &dyn StoreSubject) {
    let job = dead(s, &job("ana", 0), 7).await;
    assert_eq!(claim(s, 4_000).await, None);
    let expected = JobRecord {
        id: job.id,
        queue: MAIL,
        state: JobState::Dead,
        request_id: Some("request".to_owned()),
        created_at: at(0),
        run_at: at(7),
        attempts: 1,
        last_error: Some("refused".to_owned()),
    };
    assert_eq!(list(s, &JobFilter::default()).await, [expected]);
    finish(s, &job).await;
    retry(s, &job, 8).await;
    let dead = JobFilter {
        dead: true,
        ..JobFilter::default()
    };
    assert_eq!(list(s, &dead).await.len(), 1, "its claim is over");
}

pub async fn a_redriven_job_is_as_if_it_was_never_tried(s: &dyn StoreSubject) {
    let before = dead(s, &job("ana", 0), 7).await;
    assert_eq!(redrive(s, &DeadJobs::One(before.id), 10).await, 1);
    assert_eq!(redrive(s, &DeadJobs::One(before.id), 10).await, 0);
    assert_eq!(claim(s, 9).await, None);
    let again = claim(s, 10).await.unwrap();
    assert_eq!((again.id, again.attempts), (before.id, 1));
    assert_eq!(again.created_at, at(0), "it is not newer than it was");
    // The claim of before has as many attempts, and is another one.
    finish(s, &before).await;
    retry(s, &before, 11).await;
    fail(s, &before, 11).await;
    let claimed = list(s, &JobFilter::default()).await.remove(0);
    assert_eq!((claimed.state, claimed.run_at), (JobState::Claimed, at(70)));
}

pub async fn dead_jobs_are_redriven_one_by_one_by_queue_or_all(s: &dyn StoreSubject) {
    let ana = dead(s, &job("ana", 0), 1).await;
    for subject in ["bea", "eva"] {
        dead(s, &job(subject, 0), 1).await;
    }
    for _ in 0..3 {
        dead(s, &of(SEARCH, "index"), 1).await;
    }
    enqueue(s, &job("alive", 2)).await;
    let alive = list(s, &JobFilter::default()).await.last().unwrap().id;
    assert_eq!(redrive(s, &DeadJobs::One(alive), 3).await, 0);
    assert_eq!(
        redrive(s, &DeadJobs::One(JobId::new(4_711).unwrap()), 3).await,
        0
    );
    assert_eq!(redrive(s, &DeadJobs::One(ana.id), 3).await, 1);
    assert_eq!(redrive(s, &DeadJobs::Of(MAIL), 3).await, 2);
    assert_eq!(redrive(s, &DeadJobs::Of(MAIL), 3).await, 0);
    let claimed = claim_many(s, 9, 3).await;
    assert_eq!(sorted(subjects(&claimed)), ["alive", "ana", "bea", "eva"]);
    assert_eq!(redrive(s, &DeadJobs::All, 3).await, 3);
    assert_eq!(redrive(s, &DeadJobs::All, 3).await, 0);
}

pub async fn a_redriven_job_gives_way_to_one_of_its_key_that_waits(s: &dyn StoreSubject) {
    for subject in ["first", "second"] {
        dead(s, &keyed("ana", subject, 0), 1).await;
    }
    enqueue(s, &keyed("ana", "third", 2)).await;
    assert_eq!(redrive(s, &DeadJobs::All, 3).await, 2);
    assert_eq!(subjects(&claim_many(s, 9, 3).await), ["third"]);
    assert_eq!(list(s, &JobFilter::default()).await.len(), 1);
}

pub async fn jobs_are_listed_by_id_queue_and_state(s: &dyn StoreSubject) {
    dead(s, &job("dead", 0), 1).await;
    dead(s, &of(SEARCH, "dead"), 1).await;
    enqueue(s, &job("claimed", 0)).await;
    claim(s, 5).await.unwrap();
    enqueue(s, &job("waiting", 9)).await;
    let shown = |jobs: &[JobRecord]| -> Vec<(String, JobState, i64)> {
        let jobs = jobs.iter();
        jobs.map(|job| {
            let ready = (job.run_at - at(0)).num_seconds();
            (job.queue.to_string(), job.state, ready)
        })
        .collect()
    };
    let mail = |state, ready| ("mail".to_owned(), state, ready);
    let search = ("search".to_owned(), JobState::Dead, 1);
    let (died, claimed, waiting) = (
        mail(JobState::Dead, 1),
        mail(JobState::Claimed, 65),
        mail(JobState::Waiting, 9),
    );
    let all = list(s, &JobFilter::default()).await;
    let expected = [
        died.clone(),
        search.clone(),
        claimed.clone(),
        waiting.clone(),
    ];
    assert_eq!(shown(&all), expected);
    let filter = |queue: Option<QueueName>, dead| JobFilter { queue, dead };
    let of_mail = list(s, &filter(Some(MAIL), false)).await;
    assert_eq!(shown(&of_mail), [died.clone(), claimed.clone(), waiting]);
    assert_eq!(
        shown(&list(s, &filter(None, true)).await),
        [died.clone(), search.clone()]
    );
    let dead_search = shown(&list(s, &filter(Some(SEARCH), true)).await);
    assert_eq!(dead_search, std::slice::from_ref(&search));
    let (every, after) = (JobFilter::default(), Some(all[0].id));
    let page = s.job_admin().list(&every, after, 2).await.unwrap();
    assert_eq!(shown(&page), [search, claimed]);
}

pub async fn jobs_are_counted_by_queue_and_state(s: &dyn StoreSubject) {
    assert_eq!(s.job_admin().counts().await.unwrap(), []);
    for _ in 0..3 {
        dead(s, &job("dead", 0), 1).await;
    }
    for _ in 0..2 {
        enqueue(s, &job("claimed", 0)).await;
    }
    assert_eq!(claim_many(s, 9, 1).await.len(), 2);
    enqueue(s, &job("waiting", 0)).await;
    enqueue(s, &of(SEARCH, "index")).await;
    let counts = |queue, [waiting, claimed, dead]: [u64; 3]| QueueCounts {
        queue,
        waiting,
        claimed,
        dead,
    };
    let expected = [counts(MAIL, [1, 2, 3]), counts(SEARCH, [1, 0, 0])];
    assert_eq!(s.job_admin().counts().await.unwrap(), expected);
}
