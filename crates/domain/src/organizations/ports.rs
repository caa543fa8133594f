//! The ports of the organizations.

use async_trait::async_trait;

use super::{NewOrganization, Organization, OrganizationScope};
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{OrganizationId, UserId};
use crate::page::{OrganizationKey, Page, PageRequest};

/// Reads of organizations.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OrganizationQueries: Send + Sync {
    /// The organization with that id; `Ok(None)`: there is none.
    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, PortError>;

    /// RootOrg. MUST be there in a migrated store.
    async fn find_root(&self) -> Result<Organization, PortError>;

    /// A page of the organizations in scope, by id; the page key is the id.
    async fn list(
        &self,
        scope: OrganizationScope,
        page: &PageRequest<OrganizationKey>,
    ) -> Result<Page<Organization, OrganizationKey>, PortError>;

    /// Whether the platform is as the migrations left it: no organization but
    /// Default Organization and RootOrg, and no user ever was superuser.
    async fn is_pristine(&self) -> Result<bool, PortError>;
}

/// Writes of organizations, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OrganizationRepo: Send + Sync {
    /// Inserts a tenant at policy revision 1, without owner, closed to sign-up.
    ///
    /// MUST answer `NotUnique(OrganizationName)` when another organization has
    /// a name of the same key.
    async fn insert(&mut self, new: &NewOrganization) -> Result<Organization, PortError>;

    /// Writes name, owner, licence, sign-up policy and `updated_at`; never the
    /// policy revision.
    ///
    /// MUST answer `NotUnique(OrganizationName)` as `insert` does, and `Stale`
    /// when there is no such organization.
    async fn update(&mut self, organization: &Organization) -> Result<(), PortError>;

    /// Locks the organization until the transaction ends and reads it.
    /// `Ok(None)`: there is none.
    async fn lock(&mut self, id: OrganizationId) -> Result<Option<Organization>, PortError>;

    /// Locks the organization until the transaction ends, raises its policy
    /// revision by one, and reads it. `Ok(None)`: there is none.
    ///
    /// What changes policy does this first, or locks first and does this with
    /// the change: what is read after either is what a rule may rest on.
    async fn raise_policy(&mut self, id: OrganizationId)
    -> Result<Option<Organization>, PortError>;

    /// Raises the policy revision of every organization by one: what was read
    /// of any policy before is out of date from then on, everywhere.
    async fn raise_all_policies(&mut self) -> Result<(), PortError>;

    /// Makes a user the owner. MUST answer `MissingReference(User)` when the
    /// user is not of this organization.
    async fn set_owner(&mut self, id: OrganizationId, owner: UserId) -> Result<(), PortError>;

    /// Remembers for good that the platform has had a superuser: from then on
    /// [`OrganizationQueries::is_pristine`] is false.
    async fn mark_bootstrapped(&mut self, at: Timestamp) -> Result<(), PortError>;
}
