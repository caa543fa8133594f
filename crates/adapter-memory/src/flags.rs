//! The feature flags of organizations.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::flags::{FlagCache, Flags};
use auth_domain::ids::OrganizationId;

use crate::expiring::Expiring;

const MAX_ORGANIZATIONS: u64 = 10_000;

/// The flags of one process.
#[derive(Debug)]
pub struct MemoryFlagCache(Expiring<OrganizationId, Flags>);

impl MemoryFlagCache {
    /// A cache without flags.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Expiring::new(clock, MAX_ORGANIZATIONS))
    }
}

#[async_trait]
impl FlagCache for MemoryFlagCache {
    async fn get(&self, organization: OrganizationId) -> Result<Option<Flags>, PortError> {
        Ok(self.0.get(&organization))
    }

    async fn put(
        &self,
        organization: OrganizationId,
        flags: &Flags,
        life: Duration,
    ) -> Result<(), PortError> {
        self.0.put(organization, flags.clone(), life);
        Ok(())
    }

    async fn forget(&self, organization: OrganizationId) -> Result<(), PortError> {
        self.0.forget(&organization);
        Ok(())
    }
}
