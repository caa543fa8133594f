//! How many sessions live, for the metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::store::Store;

/// So many organizations have a label of their own, the oldest ones; the rest
/// is `other`.
const MAX_ORGANIZATIONS: usize = 200;
const OTHER: &str = "other";

/// Sets `auth_active_sessions{organization_id}`.
pub struct SessionGauges {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// The labels that were set, so that one without sessions goes back to 0.
    set: Mutex<BTreeMap<String, u64>>,
}

impl SessionGauges {
    /// Gauges of a store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            set: Mutex::default(),
        }
    }

    /// Counts, and sets the gauges.
    pub async fn measure(&self) -> Result<(), PortError> {
        let now = self.clock.now();
        let live = self.store.read().sessions().count_live(now).await?;
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        for count in set.values_mut() {
            *count = 0;
        }
        for (at, (organization, count)) in live.into_iter().enumerate() {
            let label = if at < MAX_ORGANIZATIONS {
                organization.to_string()
            } else {
                OTHER.to_owned()
            };
            *set.entry(label).or_default() += count;
        }
        // A label that left the first ones and has no sessions is not needed.
        while set.len() > 2 * MAX_ORGANIZATIONS {
            let Some((label, _)) = set.iter().find(|(_, count)| **count == 0) else {
                break;
            };
            let label = label.clone();
            set.remove(&label);
        }
        for (label, count) in &*set {
            #[expect(clippy::cast_precision_loss, reason = "a gauge, and far below 2^53")]
            metrics::gauge!("auth_active_sessions", "organization_id" => label.clone())
                .set(*count as f64);
        }
        Ok(())
    }
}
