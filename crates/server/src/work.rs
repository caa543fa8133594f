//! `auth-worker`: the background jobs of a split deployment.

use auth_config::{Notice, Settings};

use crate::serve::EndSignals;
use crate::{Failure, console, wiring};

/// Runs until a signal ends it.
pub(crate) fn run(settings: &Settings, notices: &[Notice]) -> Result<(), Failure> {
    let _logs = wiring::init_logs(settings)?;
    wiring::log_notices(notices);
    wiring::block_on(async {
        let store = wiring::connect_store(settings).await?;
        let outcome = work(settings, &store).await;
        wiring::close(&store).await;
        outcome
    })
}

async fn work(settings: &Settings, store: &auth_sql::SqlStore) -> Result<(), Failure> {
    wiring::prepare_schema(settings, store, false).await?;
    let signals = EndSignals::listen()?;
    console::err(format!(
        "auth-worker {} is ready",
        env!("CARGO_PKG_VERSION")
    ));
    tracing::info!("ready");
    tracing::info!(signal = signals.next().await, "stopped");
    Ok(())
}
