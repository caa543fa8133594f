//! The loop that runs jobs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_application::jobs::{
    Handlers, JobAdministration, JobContext, JobData, JobError, JobHandler, JobRunner,
    RunnerOptions,
};
use auth_domain::clock::{Clock as _, Timestamp};
use auth_domain::error::PortError;
use auth_domain::ids::JobId;
use auth_domain::jobs::{ClaimedJob, JobClaims, JobPayload, JobSignal, MockJobAdmin, QueueName};
use auth_testkit::clock::ManualClock;
use auth_worker_core::{Supervisor, measure, run_jobs};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

const NAPS: QueueName = QueueName::new("naps");
const QUEUES: &[QueueName] = &[NAPS];
const POLL: Duration = Duration::from_secs(10);
const AT_ONCE: u32 = 2;

/// A job that takes so many seconds.
#[derive(Serialize, Deserialize)]
struct Nap(u64);

impl JobData for Nap {
    const QUEUE: QueueName = NAPS;

    fn dedup_key(&self) -> Option<String> {
        None
    }
}

struct Napper(Arc<Jobs>);

#[async_trait]
impl JobHandler for Napper {
    type Data = Nap;

    async fn run(&self, nap: Nap, _: &JobContext) -> Result<(), JobError> {
        let _held = if self.0.one_writer.load(Ordering::SeqCst) {
            Some(self.0.writer.lock().await)
        } else {
            None
        };
        sleep(Duration::from_secs(nap.0)).await;
        Ok(())
    }
}

/// Jobs in memory: what waits, and what was finished when.
#[derive(Default)]
struct Jobs {
    waiting: Mutex<Vec<ClaimedJob>>,
    claimed: Mutex<Vec<i64>>,
    finished: Mutex<Vec<(i64, u64)>>,
    away: AtomicBool,
    /// Whether naps and claims share one connection.
    one_writer: AtomicBool,
    writer: tokio::sync::Mutex<()>,
    since: Mutex<Option<Instant>>,
    finish: Notify,
}

impl Jobs {
    fn add(&self, id: i64, seconds: u64) {
        let job = ClaimedJob {
            id: JobId::new(id).unwrap(),
            queue: NAPS,
            payload: JobPayload::from_json(seconds.to_string()),
            request_id: None,
            created_at: ManualClock::default().now(),
            attempts: 1,
            claimed_at: ManualClock::default().now(),
        };
        self.waiting.lock().unwrap().push(job);
    }

    /// The jobs finished so far, and at which second, once there are as many.
    async fn finished(&self, count: usize) -> Vec<(i64, u64)> {
        let all = async {
            loop {
                let finished = self.finished.lock().unwrap().clone();
                if finished.len() >= count {
                    return finished;
                }
                self.finish.notified().await;
            }
        };
        let all = timeout(Duration::from_hours(1), all).await;
        all.expect("they are finished in the end")
    }

    fn claimed(&self) -> Vec<i64> {
        self.claimed.lock().unwrap().clone()
    }
}

#[async_trait]
impl JobClaims for Jobs {
    async fn claim(
        &self,
        queues: &[QueueName],
        most: u32,
        _: Timestamp,
        _: Duration,
    ) -> Result<Vec<ClaimedJob>, PortError> {
        assert_eq!(queues, [NAPS]);
        assert!((1..=AT_ONCE).contains(&most), "{most}");
        if self.away.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("away".into()));
        }
        if self.one_writer.load(Ordering::SeqCst) {
            drop(self.writer.lock().await);
        }
        let mut waiting = self.waiting.lock().unwrap();
        let most = waiting.len().min(usize::try_from(most).unwrap());
        let jobs: Vec<ClaimedJob> = waiting.drain(..most).collect();
        let ids = jobs.iter().map(|job| job.id.get());
        self.claimed.lock().unwrap().extend(ids);
        Ok(jobs)
    }

    async fn finish(&self, job: &ClaimedJob) -> Result<(), PortError> {
        let since = self.since.lock().unwrap().unwrap();
        let second = since.elapsed().as_secs();
        self.finished.lock().unwrap().push((job.id.get(), second));
        self.finish.notify_one();
        Ok(())
    }

    async fn retry(&self, _: &ClaimedJob, _: Timestamp, _: &str) -> Result<(), PortError> {
        unreachable!("these jobs succeed")
    }

    async fn fail(&self, _: &ClaimedJob, _: Timestamp, _: &str) -> Result<(), PortError> {
        unreachable!("these jobs succeed")
    }
}

#[derive(Default)]
struct Signal(Notify);

#[async_trait]
impl JobSignal for Signal {
    fn notify(&self) {
        self.0.notify_one();
    }

    async fn wait(&self) {
        self.0.notified().await;
    }
}

/// Starts the loop over those jobs.
fn started(jobs: &Arc<Jobs>, signal: &Arc<Signal>) -> Supervisor {
    let options = RunnerOptions {
        at_once: AT_ONCE,
        lease: Duration::from_hours(2),
        attempts: 1,
    };
    let clock = Arc::new(ManualClock::default());
    let handlers = Handlers::new().with(Napper(Arc::clone(jobs)));
    let runner = JobRunner::new(Arc::clone(jobs) as _, clock, handlers, options);
    *jobs.since.lock().unwrap() = Some(Instant::now());
    let supervisor = Supervisor::new();
    run_jobs(&supervisor, Arc::new(runner), Arc::clone(signal) as _, POLL);
    supervisor
}

#[tokio::test(start_paused = true)]
async fn jobs_are_run_at_the_start_at_a_signal_and_at_the_next_poll() {
    let (jobs, signal) = (Arc::<Jobs>::default(), Arc::<Signal>::default());
    jobs.add(1, 0);
    let _supervisor = started(&jobs, &signal);
    assert_eq!(jobs.finished(1).await, [(1, 0)]);
    sleep(Duration::from_secs(3)).await;
    jobs.add(2, 0);
    signal.notify();
    assert_eq!(jobs.finished(2).await[1], (2, 3));
    jobs.add(3, 0);
    assert_eq!(jobs.finished(3).await[2], (3, 10));
}

#[tokio::test(start_paused = true)]
async fn a_slow_job_holds_up_no_other_while_there_is_room() {
    let (jobs, signal) = (Arc::<Jobs>::default(), Arc::<Signal>::default());
    for (id, seconds) in [(1, 100), (2, 2), (3, 2), (4, 2)] {
        jobs.add(id, seconds);
    }
    let _supervisor = started(&jobs, &signal);
    let finished = jobs.finished(3).await;
    assert_eq!(finished, [(2, 2), (3, 4), (4, 6)], "one after the other");
    jobs.add(5, 0);
    signal.notify();
    assert_eq!(jobs.finished(4).await[3], (5, 6));
    assert_eq!(jobs.finished(5).await[4], (1, 100));
}

/// SQLite has one connection that writes: a job holds it while the loop asks
/// for the next.
#[tokio::test(start_paused = true)]
async fn a_claim_that_waits_for_a_running_job_does_not_hold_that_job_up() {
    let (jobs, signal) = (Arc::<Jobs>::default(), Arc::<Signal>::default());
    jobs.one_writer.store(true, Ordering::SeqCst);
    jobs.add(1, 5);
    let _supervisor = started(&jobs, &signal);
    sleep(Duration::from_secs(1)).await;
    jobs.add(2, 1);
    signal.notify();
    assert_eq!(jobs.finished(2).await, [(1, 5), (2, 6)]);
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_run_at_once_than_allowed_whatever_is_signalled() {
    let (jobs, signal) = (Arc::<Jobs>::default(), Arc::<Signal>::default());
    for id in 1..=5 {
        jobs.add(id, 30);
    }
    let _supervisor = started(&jobs, &signal);
    for _ in 0..5 {
        signal.notify();
        sleep(Duration::from_secs(4)).await;
        assert_eq!(jobs.claimed(), [1, 2]);
    }
    let finished = jobs.finished(5).await;
    let seconds: Vec<u64> = finished.iter().map(|(_, second)| *second).collect();
    assert_eq!(seconds, [30, 30, 60, 60, 90]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_was_away_is_asked_again_at_the_next_poll() {
    let (jobs, signal) = (Arc::<Jobs>::default(), Arc::<Signal>::default());
    jobs.add(1, 0);
    jobs.away.store(true, Ordering::SeqCst);
    let _supervisor = started(&jobs, &signal);
    sleep(Duration::from_secs(15)).await;
    jobs.away.store(false, Ordering::SeqCst);
    assert_eq!(jobs.finished(1).await, [(1, 20)]);
}

#[tokio::test(start_paused = true)]
async fn at_shutdown_what_runs_comes_to_its_end_and_nothing_more_is_claimed() {
    let (jobs, signal) = (Arc::<Jobs>::default(), Arc::<Signal>::default());
    for (id, seconds) in [(1, 5), (2, 7), (3, 1)] {
        jobs.add(id, seconds);
    }
    let supervisor = started(&jobs, &signal);
    sleep(Duration::from_secs(2)).await;
    assert!(supervisor.shutdown(Duration::from_secs(6)).await);
    assert_eq!(jobs.finished(2).await, [(1, 5), (2, 7)]);
    assert_eq!(jobs.claimed(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_does_not_end_in_time_is_left_to_its_lease() {
    let (jobs, signal) = (Arc::<Jobs>::default(), Arc::<Signal>::default());
    jobs.add(1, 60);
    let supervisor = started(&jobs, &signal);
    sleep(Duration::from_secs(2)).await;
    assert!(!supervisor.shutdown(Duration::from_secs(1)).await);
    assert_eq!(jobs.finished(0).await, []);
}

#[tokio::test(start_paused = true)]
async fn jobs_are_counted_at_the_start_and_in_each_period_after_failures_too() {
    let counts = Arc::new(Mutex::new(Vec::new()));
    let mut admin = MockJobAdmin::new();
    let (seen, start) = (Arc::clone(&counts), Instant::now());
    admin.expect_counts().returning(move || {
        seen.lock().unwrap().push(start.elapsed().as_secs());
        Err(PortError::Unavailable("away".into()))
    });
    let jobs = JobAdministration::new(Arc::new(admin), Arc::new(ManualClock::default()));
    let supervisor = Supervisor::new();
    let jobs = Arc::new(jobs);
    measure(&supervisor, "gauges", Duration::from_secs(30), move || {
        let jobs = Arc::clone(&jobs);
        async move { jobs.measure(QUEUES).await }
    });
    sleep(Duration::from_secs(61)).await;
    assert!(supervisor.shutdown(Duration::from_secs(1)).await);
    assert_eq!(*counts.lock().unwrap(), [0, 30, 60]);
}
