use std::sync::Arc;

use auth_domain::clock::Clock;
use auth_domain::identity::Principal;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::page::{Page, PageRequest};
use auth_domain::rbac::{Permission, PolicyEngine};
use auth_domain::store::Store;
use auth_domain::users::{Contact, UserStatus, UserWithRoles};

use super::UserError;
use crate::access::{Access, Reach};
use crate::identity::NewPasswords;

/// The platform permission that crosses into other organizations' users.
const PLATFORM: Permission = Permission::PlatformUsersManage;

/// Invites, shows, changes and deactivates the users of an organization.
///
/// The permission of the route (`user.read` and so on) is checked by the
/// caller; which organization it reaches, and whom in it, is decided here.
pub struct UserService {
    pub(super) store: Arc<dyn Store>,
    pub(super) passwords: NewPasswords,
    pub(super) policies: Arc<dyn PolicyEngine>,
    pub(super) access: Access,
    pub(super) clock: Arc<dyn Clock>,
}

impl UserService {
    /// A service over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        passwords: NewPasswords,
        policies: Arc<dyn PolicyEngine>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let access = Access::new(Arc::clone(&policies));
        Self {
            store,
            passwords,
            policies,
            access,
            clock,
        }
    }

    /// The users of an organization that the path names, by id; with a status
    /// only those of it.
    pub async fn list(
        &self,
        principal: &Principal,
        organization: OrganizationId,
        status: Option<UserStatus>,
        page: &PageRequest,
    ) -> Result<Page<UserWithRoles>, UserError> {
        self.demand_reach(principal, organization).await?;
        let users = self.store.read().users();
        Ok(users.list(organization, status, page).await?)
    }

    /// A user of the caller's organization, or of another one for the
    /// platform.
    pub async fn get(
        &self,
        principal: &Principal,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<UserWithRoles, UserError> {
        let organization = self.organization_of(principal, organization).await?;
        let users = self.store.read().users();
        let found = users.find_with_roles(organization, id).await?;
        found.ok_or(UserError::NotFound)
    }

    /// How to reach a user of the caller's organization, or of another one for
    /// the platform.
    pub async fn contact(
        &self,
        principal: &Principal,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<Contact, UserError> {
        let organization = self.organization_of(principal, organization).await?;
        let users = self.store.read().users();
        let found = users.find_contact(organization, id).await?;
        found.ok_or(UserError::NotFound)
    }

    /// The caller reaches an organization that the path names. Another one is
    /// forbidden, whether or not it exists.
    pub(super) async fn demand_reach(
        &self,
        principal: &Principal,
        organization: OrganizationId,
    ) -> Result<(), UserError> {
        match self.access.reach(principal, organization, PLATFORM).await? {
            Reach::Own => Ok(()),
            Reach::Crossing => self.demand_existence(organization).await,
            Reach::Denied => Err(UserError::Forbidden),
        }
    }

    /// The organization that the query names, or the caller's own. Another one
    /// than the caller reaches is not found.
    pub(super) async fn organization_of(
        &self,
        principal: &Principal,
        named: Option<OrganizationId>,
    ) -> Result<OrganizationId, UserError> {
        let organization = named.unwrap_or(principal.account.organization_id);
        match self.demand_reach(principal, organization).await {
            Ok(()) => Ok(organization),
            Err(UserError::Forbidden) => Err(UserError::OrganizationNotFound),
            Err(other) => Err(other),
        }
    }

    async fn demand_existence(&self, organization: OrganizationId) -> Result<(), UserError> {
        let organizations = self.store.read().organizations();
        let found = organizations.find(organization).await?;
        found.map(|_| ()).ok_or(UserError::OrganizationNotFound)
    }
}
