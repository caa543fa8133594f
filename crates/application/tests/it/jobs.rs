//! The runner of jobs, at its ports.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_application::jobs::{
    Handlers, JobContext, JobData, JobError, JobHandler, JobRunner, RunnerOptions, enqueue,
};
use auth_domain::clock::{Clock as _, Timestamp};
use auth_domain::error::PortError;
use auth_domain::ids::JobId;
use auth_domain::jobs::{ClaimedJob, JobPayload, MockJobClaims, MockJobQueue, NewJob, QueueName};
use auth_testkit::clock::ManualClock;
use mockall::predicate::eq;
use serde::{Deserialize, Serialize};

use crate::recorder::Recorded;

const GREETINGS: QueueName = QueueName::new("greetings");
const OPTIONS: RunnerOptions = RunnerOptions {
    at_once: 3,
    lease: Duration::from_secs(50),
    attempts: 4,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Greeting {
    name: String,
}

impl JobData for Greeting {
    const QUEUE: QueueName = GREETINGS;

    fn dedup_key(&self) -> Option<String> {
        (!self.name.is_empty()).then(|| format!("greet {}", self.name))
    }
}

/// What happens to a job that a handler gets.
#[derive(Clone, Copy)]
enum Does {
    Done,
    Retry,
    Fail,
    Panic,
    Takes(Duration),
}

/// The jobs that a handler got.
type Seen = Arc<Mutex<Vec<(Greeting, JobContext)>>>;

/// Does one thing, and remembers with what.
struct Greeter {
    does: Does,
    seen: Seen,
}

#[derive(Debug, thiserror::Error)]
#[error("not greeted")]
struct NotGreeted(#[source] std::num::ParseIntError);

fn reason() -> NotGreeted {
    NotGreeted("x".parse::<u8>().unwrap_err())
}

const REASON: &str = "not greeted: invalid digit found in string";

#[async_trait]
impl JobHandler for Greeter {
    type Data = Greeting;

    async fn run(&self, greeting: Greeting, context: &JobContext) -> Result<(), JobError> {
        let seen = (greeting, context.clone());
        self.seen.lock().unwrap().push(seen);
        match self.does {
            Does::Done => Ok(()),
            Does::Retry => Err(JobError::retry(reason())),
            Does::Fail => Err(JobError::fail(reason())),
            Does::Panic => panic!("this handler panics"),
            Does::Takes(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }
}

fn job(attempts: u32) -> ClaimedJob {
    ClaimedJob {
        id: JobId::new(7).unwrap(),
        queue: GREETINGS,
        payload: JobPayload::from_json(r#"{"name":"Ana"}"#.to_owned()),
        request_id: Some("request".to_owned()),
        created_at: now() - Duration::from_mins(3),
        attempts,
        claimed_at: now(),
    }
}

fn now() -> Timestamp {
    ManualClock::default().now()
}

fn runner(claims: MockJobClaims, does: Does) -> (JobRunner, Seen) {
    let seen = Arc::default();
    let handlers = Handlers::new().with(Greeter {
        does,
        seen: Arc::clone(&seen),
    });
    let clock = Arc::new(ManualClock::default());
    (
        JobRunner::new(Arc::new(claims), clock, handlers, OPTIONS),
        seen,
    )
}

/// Runs a job whose outcome those claims expect; answers the counter.
async fn run(claims: MockJobClaims, does: Does, job: ClaimedJob) -> Vec<(String, f64)> {
    let recorded = Recorded::default();
    let _guard = recorded.here();
    runner(claims, does).0.run(job).await;
    recorded.all("auth_jobs_total")
}

fn counted(outcome: &str) -> Vec<(String, f64)> {
    vec![(
        format!("auth_jobs_total{{queue=greetings,outcome={outcome}}}"),
        1.0,
    )]
}

fn finishing(job: ClaimedJob) -> MockJobClaims {
    let mut claims = MockJobClaims::new();
    let finish = claims.expect_finish().with(eq(job)).times(1);
    finish.returning(|_| Ok(()));
    claims
}

/// Expects a retry between three quarters of the wait and all of it.
fn retrying(job: ClaimedJob, wait: u64, error: &'static str) -> MockJobClaims {
    let mut claims = MockJobClaims::new();
    let longest = Duration::from_secs(wait);
    let retry = claims.expect_retry().times(1).withf(move |of, at, text| {
        let waits = now() + longest * 3 / 4..=now() + longest;
        *of == job && waits.contains(at) && text == error
    });
    retry.returning(|_, _, _| Ok(()));
    claims
}

fn failing(job: ClaimedJob, error: &'static str) -> MockJobClaims {
    let mut claims = MockJobClaims::new();
    let fail = claims.expect_fail().times(1);
    fail.withf(move |of, at, text| *of == job && *at == now() && text == error)
        .returning(|_, _, _| Ok(()));
    claims
}

#[tokio::test]
async fn work_is_asked_for_with_its_data_its_key_and_its_request() {
    for (name, key) in [("Ana", Some("greet Ana")), ("", None)] {
        let mut jobs = MockJobQueue::new();
        let expected = NewJob {
            queue: GREETINGS,
            payload: JobPayload::from_json(format!(r#"{{"name":"{name}"}}"#)),
            run_at: now(),
            dedup_key: key.map(str::to_owned),
            request_id: Some("request".to_owned()),
            created_at: now(),
        };
        let enqueued = jobs.expect_enqueue().with(eq(expected)).times(1);
        enqueued.returning(|_| Ok(()));
        let greeting = Greeting {
            name: name.to_owned(),
        };
        let asked = enqueue(&mut jobs, &greeting, Some("request"), now()).await;
        asked.unwrap();
    }
}

#[tokio::test]
async fn jobs_of_the_queues_with_a_handler_are_claimed_under_a_lease() {
    let mut claims = MockJobClaims::new();
    let claim = claims.expect_claim().times(1);
    claim
        .withf(|queues, most, at, lease| {
            (queues, *most, *at, *lease) == (&[GREETINGS][..], 2, now(), OPTIONS.lease)
        })
        .returning(|_, _, _, _| Ok(vec![job(1)]));
    let (runner, _) = runner(claims, Does::Done);
    assert_eq!(runner.claim(2).await.unwrap(), [job(1)]);
    assert_eq!(runner.at_once(), 3);
}

#[tokio::test]
async fn a_job_is_run_with_its_data_and_finished() {
    let recorded = Recorded::default();
    let _guard = recorded.here();
    let (runner, seen) = runner(finishing(job(2)), Does::Done);
    runner.run(job(2)).await;
    let greeting = Greeting {
        name: "Ana".to_owned(),
    };
    let context = JobContext {
        id: JobId::new(7).unwrap(),
        request_id: Some("request".to_owned()),
        created_at: now() - Duration::from_mins(3),
        attempt: 2,
    };
    assert_eq!(*seen.lock().unwrap(), [(greeting, context)]);
    assert_eq!(recorded.all("auth_jobs_total"), counted("done"));
}

#[tokio::test]
async fn a_job_that_may_work_later_is_put_off_longer_each_time() {
    for (attempts, wait) in [(1, 5), (2, 10), (3, 20)] {
        let claims = retrying(job(attempts), wait, REASON);
        assert_eq!(
            run(claims, Does::Retry, job(attempts)).await,
            counted("retried")
        );
    }
}

#[tokio::test]
async fn a_job_that_failed_in_its_last_attempt_is_dead() {
    let claims = failing(job(4), REASON);
    assert_eq!(run(claims, Does::Retry, job(4)).await, counted("dead"));
    assert_eq!(
        run(finishing(job(4)), Does::Done, job(4)).await,
        counted("done")
    );
}

#[tokio::test]
async fn a_job_that_will_never_work_is_dead_at_once() {
    let claims = failing(job(1), REASON);
    assert_eq!(run(claims, Does::Fail, job(1)).await, counted("dead"));
}

#[tokio::test]
async fn a_job_that_ends_every_process_is_not_run_for_ever() {
    let claims = failing(job(5), "no attempt came to an end");
    let (runner, seen) = runner(claims, Does::Done);
    runner.run(job(5)).await;
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_handler_that_panics_harms_only_its_job() {
    let claims = retrying(job(1), 5, "the handler panicked");
    assert_eq!(run(claims, Does::Panic, job(1)).await, counted("retried"));
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_well_before_its_lease_does() {
    let (in_time, late) = (Duration::from_millis(39_999), Duration::from_millis(40_001));
    let done = run(finishing(job(1)), Does::Takes(in_time), job(1)).await;
    assert_eq!(done, counted("done"));
    let claims = retrying(job(1), 5, "the run took longer than its lease allows");
    let dropped = run(claims, Does::Takes(late), job(1)).await;
    assert_eq!(dropped, counted("retried"));
}

#[tokio::test]
async fn a_payload_that_this_version_cannot_read_is_left_to_another_attempt() {
    let mut unknown = job(1);
    unknown.payload = JobPayload::from_json("{}".to_owned());
    let error = "missing field `name` at line 1 column 2";
    let (runner, seen) = runner(retrying(unknown.clone(), 5, error), Does::Done);
    runner.run(unknown).await;
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_job_without_a_handler_is_put_off() {
    let mut other = job(1);
    other.queue = QueueName::new("other");
    let claims = retrying(other.clone(), 5, "no handler empties this queue");
    runner(claims, Does::Done).0.run(other).await;
}

fn lost_race() -> PortError {
    PortError::Retryable("a race".into())
}

#[tokio::test]
async fn an_outcome_that_lost_a_race_is_noted_again_and_no_other() {
    let mut claims = MockJobClaims::new();
    let mut races = (1..=4).map(|_| lost_race());
    let finish = claims.expect_finish().times(5);
    finish.returning(move |_| races.next().map_or(Ok(()), Err));
    runner(claims, Does::Done).0.run(job(1)).await;

    let mut claims = MockJobClaims::new();
    let finish = claims.expect_finish().times(5);
    finish.returning(|_| Err(lost_race()));
    runner(claims, Does::Done).0.run(job(1)).await;

    let mut claims = MockJobClaims::new();
    let finish = claims.expect_finish().times(1);
    finish.returning(|_| Err(PortError::Unavailable("away".into())));
    runner(claims, Does::Done).0.run(job(1)).await;
}

#[tokio::test]
async fn the_last_handler_of_a_queue_is_the_one_that_runs() {
    let seen = Arc::default();
    let greeter = |does| Greeter {
        does,
        seen: Arc::clone(&seen),
    };
    let handlers = Handlers::new()
        .with(greeter(Does::Fail))
        .with(greeter(Does::Done));
    assert_eq!(handlers.queues(), [GREETINGS]);
    let claims = Arc::new(finishing(job(1)));
    let clock = Arc::new(ManualClock::default());
    JobRunner::new(claims, clock, handlers, OPTIONS)
        .run(job(1))
        .await;
}
