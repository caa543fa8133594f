//! The loops that run jobs and scheduled tasks.

use std::sync::Arc;
use std::time::Duration;

use auth_application::jobs::{JobRunner, ScheduleRunner, ScheduledTask};
use auth_domain::error::PortError;
use auth_domain::jobs::JobSignal;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::failures::Failures;
use crate::{Stop, Supervisor};

/// The wait after the store refused to say whether a schedule is due.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// The shortest wait between two looks at a schedule.
const LOOK_AT_MOST_EVERY: Duration = Duration::from_millis(100);

/// Runs jobs: those that are ready at the start, at each signal and every
/// `poll`, as many at once as the runner allows. Any number of processes may.
///
/// At shutdown no job is claimed any more and those that run go on to their
/// end; the lease of one that does not get there in time brings it back.
pub fn run_jobs(
    supervisor: &Supervisor,
    runner: Arc<JobRunner>,
    signal: Arc<dyn JobSignal>,
    poll: Duration,
) {
    supervisor.run_to_end("jobs", move |stop| {
        let (runner, signal) = (Arc::clone(&runner), Arc::clone(&signal));
        async move { run_until_stopped(runner, &*signal, poll, &stop).await }
    });
}

async fn run_until_stopped(
    runner: Arc<JobRunner>,
    signal: &dyn JobSignal,
    poll: Duration,
    stop: &Stop,
) {
    let failures = Failures::of("jobs");
    // Each job is a task of its own. In this task it would stand still while
    // the loop waits for a claim, with the connection the claim waits for.
    let mut running = JoinSet::new();
    let mut polls = interval(poll);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut may_be_ready = false;
    loop {
        let free = runner.at_once().saturating_sub(running.len());
        if may_be_ready && free > 0 {
            match runner.claim(free).await {
                Ok(jobs) => {
                    failures.ended();
                    may_be_ready = jobs.len() == free;
                    for job in jobs {
                        let runner = Arc::clone(&runner);
                        running.spawn(async move { runner.run(job).await });
                    }
                }
                Err(error) => {
                    failures.met(&error);
                    may_be_ready = false;
                }
            }
        }
        tokio::select! {
            biased;
            () = stop.requested() => break,
            Some(_ended) = running.join_next() => {}
            () = signal.wait() => may_be_ready = true,
            _ = polls.tick() => may_be_ready = true,
        }
    }
    while running.join_next().await.is_some() {}
}

/// Runs a task by its schedule. Any number of processes may: each run is one
/// process's.
pub fn run_schedule(
    supervisor: &Supervisor,
    runner: Arc<ScheduleRunner>,
    task: Arc<dyn ScheduledTask>,
) {
    let name = task.schedule().name;
    supervisor.run_to_end(name, move |stop| {
        let (runner, task) = (Arc::clone(&runner), Arc::clone(&task));
        async move {
            let failures = Failures::of(name);
            loop {
                let wait = match runner.run_if_due(&*task).await {
                    Ok(wait) => {
                        failures.ended();
                        wait.max(LOOK_AT_MOST_EVERY)
                    }
                    Err(error) => {
                        failures.met(&error);
                        ASK_AGAIN_AFTER
                    }
                };
                if stop.within(wait).await {
                    return;
                }
            }
        }
    });
}

/// Takes a measure every `period`; what it sets are gauges.
pub fn measure<W, F>(supervisor: &Supervisor, name: &'static str, period: Duration, work: W)
where
    W: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), PortError>> + Send + 'static,
{
    let failures = Arc::new(Failures::of(name));
    supervisor.every(name, period, move || {
        let (measured, failures) = (work(), Arc::clone(&failures));
        async move {
            match measured.await {
                Ok(()) => failures.ended(),
                Err(error) => failures.met(&error),
            }
        }
    });
}
