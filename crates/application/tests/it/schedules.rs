//! Scheduled tasks, at their port, and the operator's view of jobs.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_application::jobs::{JobAdministration, Schedule, ScheduleRunner, ScheduledTask};
use auth_application::security::AlertService;
use auth_domain::clock::{Clock as _, Timestamp};
use auth_domain::error::PortError;
use auth_domain::ids::JobId;
use auth_domain::jobs::{
    DeadJobs, Due, JobFilter, MockJobAdmin, MockSchedules, QueueCounts, QueueName, ScheduleClaim,
};
use auth_testkit::clock::ManualClock;
use mockall::predicate::eq;

use crate::acme::Acme;
use crate::recorder::Recorded;

const SCHEDULE: Schedule = Schedule {
    name: "cleaning",
    period: Duration::from_mins(10),
    lease: Duration::from_secs(50),
};

#[derive(Clone, Copy)]
enum Does {
    Done,
    Fail,
    Panic,
    Takes(Duration),
}

struct Cleaning(Does, AtomicU32);

impl Cleaning {
    fn that(does: Does) -> Self {
        Self(does, AtomicU32::new(0))
    }

    fn runs(&self) -> u32 {
        self.1.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ScheduledTask for Cleaning {
    fn schedule(&self) -> Schedule {
        SCHEDULE
    }

    async fn run(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        match self.0 {
            Does::Done => Ok(()),
            Does::Fail => Err("away".into()),
            Does::Panic => panic!("this task panics"),
            Does::Takes(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }
}

fn now() -> Timestamp {
    ManualClock::default().now()
}

fn claim(attempts: u32) -> ScheduleClaim {
    ScheduleClaim {
        name: "cleaning".to_owned(),
        due_at: now() - Duration::from_mins(3),
        attempts,
        leased_until: now() + SCHEDULE.lease,
    }
}

fn claiming(answer: Due) -> MockSchedules {
    let mut schedules = MockSchedules::new();
    schedules
        .expect_claim_due()
        .times(1)
        .withf(|name, period, at, lease| {
            (name, *period, *at, *lease) == ("cleaning", SCHEDULE.period, now(), SCHEDULE.lease)
        })
        .return_once(|_, _, _, _| Ok(answer));
    schedules
}

/// Expects the run to be put off between three quarters of the wait and all of
/// it.
fn putting_off(attempts: u32, wait: u64) -> MockSchedules {
    let mut schedules = claiming(Due::Now(claim(attempts)));
    let longest = Duration::from_secs(wait);
    let put_off = schedules.expect_put_off().times(1);
    put_off
        .withf(move |of, at| {
            *of == claim(attempts) && (now() + longest * 3 / 4..=now() + longest).contains(at)
        })
        .returning(|_, _| Ok(()));
    schedules
}

fn completing() -> MockSchedules {
    let mut schedules = claiming(Due::Now(claim(1)));
    let next = now() + Duration::from_mins(7);
    let complete = schedules.expect_complete().times(1);
    complete
        .with(eq(claim(1)), eq(next))
        .returning(|_, _| Ok(()));
    schedules
}

async fn run(schedules: MockSchedules, task: &Cleaning) -> Result<Duration, PortError> {
    let clock = Arc::new(ManualClock::default());
    let runner = ScheduleRunner::new(Arc::new(schedules), clock);
    runner.run_if_due(task).await
}

fn counted(outcome: &str) -> Vec<(String, f64)> {
    let key = format!("auth_schedule_runs_total{{schedule=cleaning,outcome={outcome}}}");
    vec![(key, 1.0)]
}

#[tokio::test]
async fn a_task_that_is_due_is_run_once_and_is_due_again_in_step() {
    let recorded = Recorded::default();
    let _guard = recorded.here();
    let task = Cleaning::that(Does::Done);
    let wait = run(completing(), &task).await.unwrap();
    assert_eq!((wait, task.runs()), (Duration::from_mins(7), 1));
    assert_eq!(recorded.all("auth_schedule_runs_total"), counted("done"));
}

#[tokio::test]
async fn a_task_that_is_not_due_is_asked_for_when_it_is_or_after_a_period() {
    let minutes = Duration::from_mins;
    for (ahead, wait) in [(4, 4), (10, 10), (30, 10)] {
        let task = Cleaning::that(Does::Done);
        let schedules = claiming(Due::At(now() + minutes(ahead)));
        assert_eq!(run(schedules, &task).await.unwrap(), minutes(wait));
        assert_eq!(task.runs(), 0);
    }
    let passed = claiming(Due::At(now() - minutes(1)));
    let wait = run(passed, &Cleaning::that(Does::Done)).await;
    assert_eq!(wait.unwrap(), Duration::ZERO);
}

#[tokio::test]
async fn a_task_that_fails_is_put_off_longer_each_time() {
    let recorded = Recorded::default();
    let _guard = recorded.here();
    let wait = run(putting_off(1, 5), &Cleaning::that(Does::Fail)).await;
    let wait = wait.unwrap();
    assert!(
        wait > Duration::from_secs(3) && wait <= Duration::from_secs(5),
        "{wait:?}"
    );
    assert_eq!(recorded.all("auth_schedule_runs_total"), counted("failed"));
    let wait = run(putting_off(3, 20), &Cleaning::that(Does::Fail)).await;
    assert!(wait.unwrap() >= Duration::from_secs(15));
}

#[tokio::test]
async fn a_task_that_panics_is_put_off() {
    let task = Cleaning::that(Does::Panic);
    assert!(run(putting_off(2, 10), &task).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_task_ends_well_before_its_lease_does() {
    let in_time = Cleaning::that(Does::Takes(Duration::from_millis(39_999)));
    run(completing(), &in_time).await.unwrap();
    let late = Cleaning::that(Does::Takes(Duration::from_millis(40_001)));
    run(putting_off(1, 5), &late).await.unwrap();
}

#[tokio::test]
async fn what_the_store_refuses_is_told() {
    let away = || PortError::Unavailable("away".into());
    let mut schedules = MockSchedules::new();
    let refused = schedules.expect_claim_due().times(1);
    refused.returning(move |_, _, _, _| Err(away()));
    let task = Cleaning::that(Does::Done);
    assert!(run(schedules, &task).await.is_err());
    assert_eq!(task.runs(), 0);
    let mut schedules = claiming(Due::Now(claim(1)));
    schedules
        .expect_complete()
        .returning(move |_, _| Err(away()));
    assert!(run(schedules, &task).await.is_err());
    let mut schedules = claiming(Due::Now(claim(1)));
    schedules
        .expect_put_off()
        .returning(move |_, _| Err(away()));
    assert!(run(schedules, &Cleaning::that(Does::Fail)).await.is_err());
}

#[tokio::test]
async fn of_two_instances_one_looks_for_alerts_in_each_period() {
    let acme = Acme::new().await;
    let alerts = AlertService::new(acme.store.clone(), acme.writer(), acme.clock.clone(), 5);
    let (first, second) = (
        ScheduleRunner::new(acme.store.clone(), acme.clock.clone()),
        ScheduleRunner::new(acme.store.clone(), acme.clock.clone()),
    );
    let period = Duration::from_secs(15);
    for runner in [&first, &second, &first] {
        assert_eq!(runner.run_if_due(&alerts).await.unwrap(), period);
    }
    acme.clock.advance(Duration::from_secs(50));
    let wait = second.run_if_due(&alerts).await.unwrap();
    assert_eq!(wait, Duration::from_secs(10), "60 s after the first run");
    let rows = acme.look("SELECT name FROM schedules").await;
    assert_eq!(rows, ["security_alerts"]);
}

#[tokio::test]
async fn jobs_are_measured_by_known_queues_and_others_together() {
    let (mail, search) = (QueueName::new("mail"), QueueName::new("search"));
    let mut jobs = MockJobAdmin::new();
    let counts = |queue: &str, waiting, claimed, dead| QueueCounts {
        queue: QueueName::parse(queue).unwrap(),
        waiting,
        claimed,
        dead,
    };
    let found = vec![
        counts("gone", 1, 2, 3),
        counts("mail", 10, 20, 30),
        counts("removed", 5, 6, 7),
    ];
    jobs.expect_counts().times(1).return_once(|| Ok(found));
    let recorded = Recorded::default();
    let _guard = recorded.here();
    let jobs = JobAdministration::new(Arc::new(jobs), Arc::new(ManualClock::default()));
    jobs.measure(&[mail, search]).await.unwrap();
    let expected = [
        ("mail", "claimed", 20.0),
        ("mail", "dead", 30.0),
        ("mail", "waiting", 10.0),
        ("other", "claimed", 8.0),
        ("other", "dead", 10.0),
        ("other", "waiting", 6.0),
        ("search", "claimed", 0.0),
        ("search", "dead", 0.0),
        ("search", "waiting", 0.0),
    ];
    let expected = expected
        .map(|(queue, state, count)| (format!("auth_jobs{{queue={queue},state={state}}}"), count));
    assert_eq!(recorded.all("auth_jobs"), expected);
}

#[tokio::test]
async fn an_operator_lists_and_redrives() {
    let id = JobId::new(7).unwrap();
    let filter = JobFilter {
        queue: None,
        dead: true,
    };
    let mut jobs = MockJobAdmin::new();
    let list = jobs.expect_list().times(1);
    list.with(eq(filter.clone()), eq(Some(id)), eq(9))
        .returning(|_, _, _| Ok(Vec::new()));
    let redrive = jobs.expect_redrive().times(1);
    redrive
        .with(eq(DeadJobs::One(id)), eq(now()))
        .returning(|_, _| Ok(1));
    let jobs = JobAdministration::new(Arc::new(jobs), Arc::new(ManualClock::default()));
    assert_eq!(jobs.list(&filter, Some(id), 9).await.unwrap(), []);
    assert_eq!(jobs.redrive(&DeadJobs::One(id), "test").await.unwrap(), 1);
}
