//! The background jobs, and `auth-worker`, which runs them in a split
//! deployment.

use std::sync::Arc;
use std::time::Duration;

use auth_application::Application;
use auth_application::jobs::{JobRunner, RunnerOptions, ScheduleRunner};
use auth_config::{Notice, Settings};
use auth_worker_core::{Supervisor, run_jobs, run_relay, run_schedule};

use crate::serve::{EndSignals, LOOPS_END_WITHIN};
use crate::wiring::{Components, Secrets};
use crate::{Failure, console, wiring};

/// How often jobs are looked for that no signal told of: those that become
/// ready by time, and those of other processes while no signal gets through.
const JOBS_EVERY: Duration = Duration::from_secs(10);

/// How often unsent events are looked for that no signal told of.
const EVENTS_EVERY: Duration = Duration::from_secs(10);

/// Runs until a signal ends it.
pub(crate) fn run(settings: &Settings, notices: &[Notice]) -> Result<(), Failure> {
    let _logs = wiring::init_logs(settings)?;
    wiring::log_notices(notices);
    wiring::block_on(async {
        let components = Components::connect(settings).await?;
        let outcome = work(settings, &components).await;
        components.close().await;
        outcome
    })
}

async fn work(settings: &Settings, components: &Components) -> Result<(), Failure> {
    wiring::prepare_schema(settings, components.store(), false).await?;
    let supervisor = Supervisor::new();
    let secrets = Secrets::resolve(settings, None)?;
    let app = Arc::new(components.application(settings, &secrets)?);
    start_jobs(&supervisor, components, &app);
    let signals = EndSignals::listen()?;
    console::err(format!(
        "auth-worker {} is ready",
        env!("CARGO_PKG_VERSION")
    ));
    tracing::info!("ready");
    let signal = signals.next().await;
    let ended = supervisor.shutdown(LOOPS_END_WITHIN).await;
    tracing::info!(signal, loops_ended = ended, "stopped");
    Ok(())
}

/// Starts the jobs, and the relay of events. Any number of processes may run them.
pub(crate) fn start_jobs(supervisor: &Supervisor, components: &Components, app: &Application) {
    let (store, clock) = components.store_and_clock();
    let runner = JobRunner::new(
        Arc::clone(&store) as _,
        Arc::clone(&clock),
        app.job_handlers.clone(),
        RunnerOptions::default(),
    );
    let signal = Arc::clone(&store) as _;
    run_jobs(supervisor, Arc::new(runner), signal, JOBS_EVERY);
    let schedules = Arc::new(ScheduleRunner::new(store, clock));
    for task in app.scheduled() {
        run_schedule(supervisor, Arc::clone(&schedules), task);
    }
    if let Some(relay) = components.relay() {
        let (store, _clock) = components.store_and_clock();
        run_relay(supervisor, Arc::new(relay), store, EVENTS_EVERY);
    }
}
