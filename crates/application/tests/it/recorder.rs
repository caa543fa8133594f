//! The metrics that a test records.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, LocalRecorderGuard, Metadata,
    Recorder, SharedString, Unit,
};

/// Values by name and labels: `auth_jobs_total{queue=mail,outcome=done}`.
#[derive(Clone, Default)]
pub(crate) struct Recorded(Arc<Mutex<BTreeMap<String, f64>>>);

impl Recorded {
    /// Records what this thread does until the guard is dropped.
    pub(crate) fn here(&self) -> LocalRecorderGuard<'_> {
        metrics::set_default_local_recorder(self)
    }

    /// All values that begin with a name.
    pub(crate) fn all(&self, name: &str) -> Vec<(String, f64)> {
        let values = self.0.lock().unwrap();
        let found = values.iter().filter(|(key, _)| key.starts_with(name));
        found.map(|(key, value)| (key.clone(), *value)).collect()
    }

    fn cell(&self, key: &Key) -> Arc<Cell> {
        let labels = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<String> = labels.collect();
        Arc::new(Cell {
            key: format!("{}{{{}}}", key.name(), labels.join(",")),
            values: self.clone(),
        })
    }
}

struct Cell {
    key: String,
    values: Recorded,
}

impl Cell {
    fn change(&self, change: impl FnOnce(&mut f64)) {
        let mut values = self.values.0.lock().unwrap();
        change(values.entry(self.key.clone()).or_default());
    }
}

impl CounterFn for Cell {
    fn increment(&self, by: u64) {
        let by = f64::from(u32::try_from(by).unwrap());
        self.change(|value| *value += by);
    }

    fn absolute(&self, to: u64) {
        let to = f64::from(u32::try_from(to).unwrap());
        self.change(|value| *value = to);
    }
}

impl GaugeFn for Cell {
    fn increment(&self, by: f64) {
        self.change(|value| *value += by);
    }

    fn decrement(&self, by: f64) {
        self.change(|value| *value -= by);
    }

    fn set(&self, to: f64) {
        self.change(|value| *value = to);
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
