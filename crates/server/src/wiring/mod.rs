//! Settings in, running parts out. Each adapter gets its own options here and
//! nowhere else.

mod check;
mod components;
mod data_dir;
mod identity;
mod options;
mod secrets;
mod shared;
mod store;

use std::future::Future;

use auth_config::{Notice, Settings};
use auth_telemetry::{LogGuard, LogTarget, MetricsHandle};

pub(crate) use check::load_settings;
pub(crate) use components::{Components, amqp_options};
pub(crate) use data_dir::DataDir;
pub(crate) use secrets::Secrets;
pub(crate) use shared::Shared;
pub(crate) use store::{close, connect_store, migrate, migration_status, prepare_schema};

use crate::Failure;

/// Runs a command's future to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::caused("the runtime cannot be started", &e))?;
    runtime.block_on(work)
}

/// The data directory of embedded mode, locked for a server.
pub(crate) fn lock_data_dir(settings: &Settings) -> Result<Option<DataDir>, Failure> {
    if !settings.is_embedded() {
        return Ok(None);
    }
    DataDir::open_locked(&settings.installation.data_dir).map(Some)
}

/// Sends log entries to standard output.
pub(crate) fn init_logs(settings: &Settings) -> Result<LogGuard, Failure> {
    init_logs_to(settings, LogTarget::Stdout)
}

/// Sends log entries to standard error: the output of a command is its result.
pub(crate) fn init_command_logs(settings: &Settings) -> Result<LogGuard, Failure> {
    init_logs_to(settings, LogTarget::Stderr)
}

fn init_logs_to(settings: &Settings, target: LogTarget) -> Result<LogGuard, Failure> {
    let options = options::log_options(settings, target);
    auth_telemetry::init_logs(&options).map_err(|e| Failure::caused("logging cannot be set up", &e))
}

/// Logs what a person should know about the settings.
pub(crate) fn log_notices(notices: &[Notice]) {
    for notice in notices {
        match notice {
            Notice::Info(text) => tracing::info!("{text}"),
            Notice::Warning(text) => tracing::warn!("{text}"),
        }
    }
}

/// Records the metrics of the process.
pub(crate) fn install_metrics() -> Result<MetricsHandle, Failure> {
    auth_telemetry::install_metrics().map_err(|e| Failure::caused("metrics cannot be recorded", &e))
}
