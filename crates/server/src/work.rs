//! The background jobs, and `auth-worker`, which runs them in a split
//! deployment.

use std::sync::Arc;
use std::time::Duration;

use auth_config::{Notice, Settings};
use auth_worker_core::{Supervisor, mail_tokens, raise_alerts};

use crate::serve::{EndSignals, LOOPS_END_WITHIN};
use crate::wiring::Components;
use crate::{Failure, console, wiring};

/// How often mail that somebody asked for is looked for.
const MAIL_EVERY: Duration = Duration::from_millis(500);

/// How often repeated failures to sign in are looked for.
const ALERTS_EVERY: Duration = Duration::from_secs(5);

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
    start_jobs(&supervisor, components, settings)?;
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

/// Starts the jobs. Any number of processes may run them.
pub(crate) fn start_jobs(
    supervisor: &Supervisor,
    components: &Components,
    settings: &Settings,
) -> Result<(), Failure> {
    let mail = Arc::new(components.mail_jobs(settings)?);
    mail_tokens(supervisor, mail, MAIL_EVERY);
    let alerts = Arc::new(components.alerts(settings));
    raise_alerts(supervisor, alerts, ALERTS_EVERY);
    Ok(())
}
