//! What instances tell each other of policy. Neither port is ever the truth:
//! without them decisions are as right, only later or dearer.

use async_trait::async_trait;

use super::PolicyRevision;
use crate::error::PortError;
use crate::ids::{OrganizationId, UserId};

/// Spares another instance the load of a whole policy. The key holds the
/// revision, so that an old entry is never met.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait DecisionCache: Send + Sync {
    /// What a user may do at a revision, sorted; `Ok(None)`: not kept here.
    async fn get(
        &self,
        organization: OrganizationId,
        revision: PolicyRevision,
        user: UserId,
    ) -> Result<Option<Vec<String>>, PortError>;

    /// Keeps what a user may do at a revision, for a minute.
    async fn put(
        &self,
        organization: OrganizationId,
        revision: PolicyRevision,
        user: UserId,
        permissions: &[String],
    ) -> Result<(), PortError>;
}

/// Something that other instances should know at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyNews {
    /// An organization's policy has that revision now.
    Changed(OrganizationId, PolicyRevision),
    /// Every snapshot and cache is to be dropped.
    DropAll,
}

/// Tells other instances of policy changes. A message may be lost: the polled
/// revisions say the same a moment later.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PolicyBroadcast: Send + Sync {
    /// Tells every listening instance, this one included.
    async fn publish(&self, news: PolicyNews) -> Result<(), PortError>;

    /// Waits for the next news since the call before. Messages that came while
    /// no caller waited are kept, up to a bound; past it MUST answer `DropAll`
    /// rather than lose one silently.
    async fn next(&self) -> PolicyNews;
}
