//! Settings in, running parts out. Each adapter gets its own options here and
//! nowhere else.

mod components;
mod data_dir;
mod identity;
mod secrets;
mod shared;
mod store;

use std::future::Future;

use auth_config::{Notice, Settings};
use auth_telemetry::{LogFormat, LogGuard, LogOptions, MetricsHandle};

pub(crate) use components::Components;
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
    let path = settings.database.data_dir();
    path.map(DataDir::open_locked).transpose()
}

/// Sends log entries to standard output.
pub(crate) fn init_logs(settings: &Settings) -> Result<LogGuard, Failure> {
    let options = LogOptions {
        filter: settings.logs.filter.clone(),
        format: match settings.logs.format {
            auth_config::LogFormat::Json => LogFormat::Json,
            auth_config::LogFormat::Text => LogFormat::Text,
        },
    };
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
