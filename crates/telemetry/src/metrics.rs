use std::fmt;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

/// Upper bounds of the buckets of every `*_seconds` histogram: from what a
/// lookup takes to what a client waits for at most.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Why the metrics recorder could not be installed.
#[derive(Debug, thiserror::Error)]
#[error("the metrics recorder cannot be installed")]
pub struct MetricsError(#[from] BuildError);

/// Reads the metrics of the process.
#[derive(Clone)]
pub struct MetricsHandle {
    recorder: PrometheusHandle,
    process: Collector,
}

/// Installs the recorder of the whole process.
pub fn install_metrics() -> Result<MetricsHandle, MetricsError> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, SECONDS)?;
    let recorder = builder.install_recorder()?;
    let process = Collector::default();
    process.describe();
    Ok(MetricsHandle { recorder, process })
}

impl MetricsHandle {
    /// All metrics in Prometheus' text format, those of the process read now.
    pub fn render(&self) -> String {
        self.process.collect();
        self.recorder.render()
    }

    /// Folds recorded samples into their buckets; to be called every few
    /// seconds, so that memory does not grow between scrapes.
    pub fn run_upkeep(&self) {
        self.recorder.run_upkeep();
    }
}

impl fmt::Debug for MetricsHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsHandle")
    }
}
