//! How many sessions live, for the metrics.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::ids::OrganizationId;
use auth_domain::store::Store;
use metrics::{Gauge, gauge};

use crate::gauge::gauge_value;

/// So many organizations have a label of their own, those that had sessions
/// first; the rest is `other`.
const MAX_ORGANIZATIONS: usize = 200;

/// Sets `auth_active_sessions{organization_id}`.
pub struct SessionGauges {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Those that have a label: one without sessions goes back to 0.
    labelled: Mutex<HashMap<OrganizationId, Gauge>>,
}

impl SessionGauges {
    /// Gauges of a store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            labelled: Mutex::default(),
        }
    }

    /// Counts, and sets the gauges.
    pub async fn measure(&self) -> Result<(), PortError> {
        let now = self.clock.now();
        let live = self.store.read().sessions().count_live(now).await?;
        let mut live: HashMap<_, _> = live.into_iter().collect();
        let mut labelled = self.labelled.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unlabelled: Vec<OrganizationId> = live.keys().copied().collect();
        unlabelled.retain(|organization| !labelled.contains_key(organization));
        unlabelled.sort_unstable();
        let free = MAX_ORGANIZATIONS.saturating_sub(labelled.len());
        for organization in unlabelled.into_iter().take(free) {
            labelled.insert(organization, gauge_of(organization.to_string()));
        }
        for (organization, gauge) in &*labelled {
            let count = live.remove(organization).unwrap_or_default();
            gauge.set(gauge_value(count));
        }
        let others = gauge_of("other".to_owned());
        others.set(gauge_value(live.values().sum()));
        Ok(())
    }
}

fn gauge_of(label: String) -> Gauge {
    gauge!("auth_active_sessions", "organization_id" => label)
}
