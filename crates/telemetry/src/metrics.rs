use std::fmt;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

use crate::logs;

/// Upper bounds of the buckets of every `*_seconds` histogram: from what a
/// lookup takes to what a client waits for at most.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// What the families mean that no adapter describes itself.
const FAMILIES: &[(Kind, &str, &str)] = &[
    (
        Kind::Counter,
        "http_requests_total",
        "Answers, by the template of the route.",
    ),
    (
        Kind::Histogram,
        "http_request_duration_seconds",
        "Seconds to the answer.",
    ),
    (
        Kind::Histogram,
        "http_request_duration_highr_seconds",
        "Seconds to the answer, over all routes.",
    ),
    (
        Kind::Counter,
        "http_request_size_bytes_count",
        "Requests, by route.",
    ),
    (
        Kind::Counter,
        "http_request_size_bytes_sum",
        "Bytes of the bodies of requests.",
    ),
    (
        Kind::Counter,
        "http_response_size_bytes_count",
        "Answers, by route.",
    ),
    (
        Kind::Counter,
        "http_response_size_bytes_sum",
        "Bytes of the bodies of answers.",
    ),
    (
        Kind::Gauge,
        "auth_active_sessions",
        "Sessions that live; past 200 organizations the label is other.",
    ),
    (
        Kind::Counter,
        "auth_logins_total",
        "Sign-ins by password: success, or the code of the refusal.",
    ),
    (
        Kind::Counter,
        "auth_rate_limited_total",
        "Attempts over a limit.",
    ),
    (
        Kind::Gauge,
        "auth_jobs",
        "Jobs in the database: waiting, claimed, dead.",
    ),
    (
        Kind::Counter,
        "auth_jobs_total",
        "Runs of jobs: done, retried, dead.",
    ),
    (
        Kind::Counter,
        "auth_schedule_runs_total",
        "Runs of scheduled tasks: done, failed.",
    ),
    (
        Kind::Gauge,
        "auth_outbox_unsent",
        "Events in the database that are not published yet.",
    ),
    (
        Kind::Gauge,
        "auth_outbox_stopped",
        "Aggregates whose events stopped: an operator redrives them.",
    ),
    (
        Kind::Gauge,
        "auth_outbox_oldest_seconds",
        "How long the oldest unpublished event waits, those of stopped aggregates apart.",
    ),
    (
        Kind::Counter,
        "auth_outbox_published_total",
        "Events that the bus took.",
    ),
    (
        Kind::Counter,
        "auth_outbox_refused_total",
        "Times that the bus refused an event.",
    ),
    (
        Kind::Counter,
        LOST_ENTRIES,
        "Log entries lost to a slow reader of the output.",
    ),
];

pub(crate) const LOST_ENTRIES: &str = "auth_log_entries_lost_total";

enum Kind {
    Counter,
    Gauge,
    Histogram,
}

fn describe() {
    for (kind, name, help) in FAMILIES {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *help),
            Kind::Gauge => metrics::describe_gauge!(*name, *help),
            Kind::Histogram => metrics::describe_histogram!(*name, *help),
        }
    }
}

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
    describe();
    Ok(MetricsHandle { recorder, process })
}

impl MetricsHandle {
    /// All metrics in Prometheus' text format, those of the process read now.
    pub fn render(&self) -> String {
        self.process.collect();
        metrics::counter!(LOST_ENTRIES).absolute(logs::lost_entries());
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
