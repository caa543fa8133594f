//! Feature flags of an organization.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::PortError;
use crate::ids::OrganizationId;

/// The flags of an organization by name.
pub type Flags = BTreeMap<String, bool>;

/// Keeps flags at hand; the store has the truth.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait FlagCache: Send + Sync {
    /// What was put for an organization, no flags included; `Ok(None)`:
    /// nothing was.
    async fn get(&self, organization: OrganizationId) -> Result<Option<Flags>, PortError>;

    /// Keeps flags in the place of those kept before. MUST be forgotten when
    /// `life` has passed.
    async fn put(
        &self,
        organization: OrganizationId,
        flags: &Flags,
        life: Duration,
    ) -> Result<(), PortError>;

    /// Forgets the flags of an organization.
    async fn forget(&self, organization: OrganizationId) -> Result<(), PortError>;
}
