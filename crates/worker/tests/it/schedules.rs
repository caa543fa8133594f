//! The loop that runs a scheduled task.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_application::jobs::{Schedule, ScheduleRunner, ScheduledTask};
use auth_domain::clock::Clock as _;
use auth_domain::error::PortError;
use auth_domain::jobs::{Due, MockSchedules, ScheduleClaim};
use auth_testkit::clock::ManualClock;
use auth_worker_core::{Supervisor, run_schedule};
use tokio::time::{Instant, sleep};

/// Remembers at which second it was run.
struct Cleaning(Instant, Mutex<Vec<u64>>);

#[async_trait]
impl ScheduledTask for Cleaning {
    fn schedule(&self) -> Schedule {
        Schedule {
            name: "cleaning",
            period: Duration::from_secs(20),
            lease: Duration::from_mins(1),
        }
    }

    async fn run(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.1.lock().unwrap().push(self.0.elapsed().as_secs());
        Ok(())
    }
}

/// Answers those claims, then that nothing is due.
fn answering(answers: Vec<Result<Due, PortError>>) -> MockSchedules {
    let mut answers = answers.into_iter();
    let now = ManualClock::default().now();
    let mut schedules = MockSchedules::new();
    schedules.expect_claim_due().returning(move |_, _, _, _| {
        let nothing = Due::At(now + Duration::from_secs(20));
        answers.next().unwrap_or(Ok(nothing))
    });
    schedules.expect_complete().returning(|_, _| Ok(()));
    schedules
}

/// A claim of a run that was due when the clock stands.
fn due() -> Due {
    let now = ManualClock::default().now();
    Due::Now(ScheduleClaim {
        name: "cleaning".to_owned(),
        due_at: now,
        attempts: 1,
        leased_until: now + Duration::from_mins(1),
    })
}

/// The seconds at which the task was run within so many.
async fn runs(schedules: MockSchedules, seconds: u64) -> Vec<u64> {
    let task = Arc::new(Cleaning(Instant::now(), Mutex::default()));
    let clock = Arc::new(ManualClock::default());
    let runner = Arc::new(ScheduleRunner::new(Arc::new(schedules), clock));
    let supervisor = Supervisor::new();
    run_schedule(&supervisor, runner, Arc::clone(&task) as _);
    sleep(Duration::from_secs(seconds)).await;
    assert!(supervisor.shutdown(Duration::from_millis(1)).await);
    let runs = task.1.lock().unwrap().clone();
    sleep(Duration::from_secs(100)).await;
    assert_eq!(*task.1.lock().unwrap(), runs, "none after the shutdown");
    runs
}

#[tokio::test(start_paused = true)]
async fn a_task_is_run_at_the_start_and_when_it_is_due_again() {
    let answers = (0..10).map(|_| Ok(due())).collect();
    assert_eq!(runs(answering(answers), 41).await, [0, 20, 40]);
}

#[tokio::test(start_paused = true)]
async fn a_task_of_another_instance_is_asked_for_when_that_ones_time_is_over() {
    let later = ManualClock::default().now() + Duration::from_secs(7);
    let answers = vec![Ok(Due::At(later)), Ok(due())];
    assert_eq!(runs(answering(answers), 30).await, [7]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_was_away_is_asked_again_soon() {
    let away = || Err(PortError::Unavailable("away".into()));
    let answers = vec![away(), away(), Ok(due())];
    assert_eq!(runs(answering(answers), 15).await, [10]);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_is_due_now_and_claimed_by_another_is_not_asked_for_in_a_hot_loop() {
    let now = ManualClock::default().now();
    let mut schedules = MockSchedules::new();
    let asked = schedules.expect_claim_due().times(10);
    asked.returning(move |_, _, _, _| Ok(Due::At(now)));
    let task = Arc::new(Cleaning(Instant::now(), Mutex::default()));
    let clock = Arc::new(ManualClock::default());
    let runner = Arc::new(ScheduleRunner::new(Arc::new(schedules), clock));
    let supervisor = Supervisor::new();
    run_schedule(&supervisor, runner, task);
    sleep(Duration::from_millis(950)).await;
    assert!(supervisor.shutdown(Duration::from_millis(1)).await);
}
