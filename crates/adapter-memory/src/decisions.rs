//! What users may do, by revision.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{DecisionCache, PolicyRevision};

use crate::expiring::Expiring;

const MAX_USERS: u64 = 10_000;
const LIFE: Duration = Duration::from_mins(1);

/// The decisions of one process.
#[derive(Debug)]
pub struct MemoryDecisionCache(Expiring<Key, Vec<String>>);

type Key = (OrganizationId, PolicyRevision, UserId);

impl MemoryDecisionCache {
    /// A cache without decisions.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Expiring::new(clock, MAX_USERS))
    }
}

#[async_trait]
impl DecisionCache for MemoryDecisionCache {
    async fn get(
        &self,
        organization: OrganizationId,
        revision: PolicyRevision,
        user: UserId,
    ) -> Result<Option<Vec<String>>, PortError> {
        Ok(self.0.get(&(organization, revision, user)))
    }

    async fn put(
        &self,
        organization: OrganizationId,
        revision: PolicyRevision,
        user: UserId,
        permissions: &[String],
    ) -> Result<(), PortError> {
        let key = (organization, revision, user);
        self.0.put(key, permissions.to_vec(), LIFE);
        Ok(())
    }
}
