//! The counters of the cache, with a closed set of labels.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use auth_domain::ids::OrganizationId;
use metrics::{Counter, Histogram, counter, histogram};

const HITS: &str = "auth_rbac_cache_hits_total";
const MISSES: &str = "auth_rbac_cache_misses_total";
const LOAD_SECONDS: &str = "auth_policy_load_seconds";

/// So many organizations have a label of their own; the rest is `other`.
const MAX_ORGANIZATIONS: usize = 200;

/// The handles of one organization, kept so that counting looks nothing up.
pub(crate) struct Counters {
    /// Answers without SQL.
    pub(crate) hits: Counter,
    /// Answers that needed SQL.
    pub(crate) misses: Counter,
}

/// The user or role that has a label.
#[derive(Default)]
pub(crate) struct Labels {
    organizations: Mutex<HashSet<OrganizationId>>,
}

impl Labels {
    pub(crate) fn counters(&self, organization: OrganizationId) -> Counters {
        let label = self.label(organization);
        Counters {
            hits: counter!(HITS, "organization_id" => label.clone()),
            misses: counter!(MISSES, "organization_id" => label),
        }
    }

    fn label(&self, organization: OrganizationId) -> String {
        let known = self.organizations.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_ORGANIZATIONS {
            known.insert(organization);
        }
        if known.contains(&organization) {
            organization.to_string()
        } else {
            "other".to_owned()
        }
    }
}

/// How long reading and compiling a policy takes, in seconds.
pub(crate) fn load_seconds() -> Histogram {
    histogram!(LOAD_SECONDS)
}

/// Tells the recorder what the metrics mean.
pub(crate) fn describe() {
    metrics::describe_counter!(HITS, "Policy snapshots answered without SQL.");
    metrics::describe_counter!(MISSES, "Policy snapshots that needed SQL.");
    metrics::describe_histogram!(
        LOAD_SECONDS,
        metrics::Unit::Seconds,
        "Reading and compiling the policy of an organization."
    );
}
