//! The ports of decisions: the rows they rest on, asking, and telling.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Explanation, PolicyRevision, PolicyRows, PolicySnapshot, RoleOverview};
use crate::error::PortError;
use crate::ids::{OrganizationId, UserId};

/// Reads the rows that decisions rest on.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// The policy rows of an organization, all of one moment; `Ok(None)`:
    /// there is no such organization.
    async fn load(&self, organization: OrganizationId) -> Result<Option<PolicyRows>, PortError>;

    /// The same with no other user than that one, and what that user's roles
    /// grant. The cost MUST NOT grow with the users of the organization.
    async fn load_user(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<PolicyRows>, PortError>;

    /// The revisions of those of the organizations that exist, in any order.
    async fn revisions(
        &self,
        organizations: &[OrganizationId],
    ) -> Result<Vec<(OrganizationId, PolicyRevision)>, PortError>;

    /// The same policy for people: the roles of an organization by name, with
    /// what they grant and their holders, all of one moment; `Ok(None)`: there
    /// is no such organization.
    async fn overview(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Vec<RoleOverview>>, PortError>;
}

/// Why a decision could not be made. None of them is a deny, none an allow.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// There is no such organization.
    #[error("there is no such organization")]
    UnknownOrganization,
    /// The store has never reached the revision that was asked for: a mistake
    /// of the caller, or a restored backup.
    #[error("the policy is at revision {current}, and never was at the one asked for")]
    UnknownRevision {
        /// The revision that the store has now.
        current: PolicyRevision,
    },
    /// The policy cannot be shown to be fresh: the store does not answer.
    #[error("the policy cannot be shown to be fresh")]
    Unavailable(#[source] Option<PortError>),
}

/// Answers what the policy says: the port of callers that ask.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PolicyEngine: Send + Sync {
    /// The policy of an organization, fresh: not older than one second, never
    /// behind [`PolicyFeed::observe`], and at least at revision `at_least`.
    ///
    /// MUST NOT answer a stale policy when the store is away: `Unavailable`. A
    /// policy that is written all the time is no outage: what was committed when
    /// the call began is enough. Many callers at once MUST cost one load.
    async fn snapshot(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
    ) -> Result<Arc<PolicySnapshot>, PolicyError>;

    /// The policy that [`PolicyEngine::snapshot`] would answer with, if it is in
    /// memory and fresh. Never waits; `None`: it has to be read.
    fn at_hand(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
    ) -> Option<Arc<PolicySnapshot>>;

    /// Asks for an organization's policy to be read in the background, by the
    /// next [`PolicyFeed::poll`].
    fn prepare(&self, organization: OrganizationId);

    /// Whether a user may do something, and why, by the reference
    /// implementation of the model over the rows as the store has them now.
    ///
    /// MUST decide as the snapshot of the same revision does. Reads the rows of
    /// that user every time, for few callers at once: for people who ask why,
    /// not for traffic.
    async fn explain(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
        user: UserId,
        permission: &str,
    ) -> Result<Explanation, PolicyError>;
}

/// Tells the engine what happened to policies: the port of the writer and of
/// the loops that keep the engine fresh.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PolicyFeed: Send + Sync {
    /// Tells the engine of a committed write: from now on no older policy of
    /// that organization is used on this instance.
    fn observe(&self, organization: OrganizationId, revision: PolicyRevision);

    /// Drops every snapshot: the next call about each organization reads the
    /// store. MUST also keep a load that is under way from serving a call that
    /// comes after this.
    fn drop_all(&self);

    /// Asks the store for the revisions of the organizations in use, and
    /// renews the lease of those that did not change. Called every 250 ms by a
    /// background loop.
    async fn poll(&self) -> Result<(), PortError>;
}
