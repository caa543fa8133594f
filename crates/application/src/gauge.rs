//! Counts as gauges hold them.

/// A count as the value of a gauge: exact below 2^53, which nothing here
/// reaches.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn gauge_value(count: u64) -> f64 {
    count as f64
}
