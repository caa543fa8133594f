use std::sync::Arc;

use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::page::{Page, PageRequest};
use auth_domain::store::Store;
use auth_domain::users::{Contact, UserFilter, UserKey, UserWithRoles};

use super::UserError;
use crate::Writer;
use crate::access::perm::UserRead;
use crate::access::{Access, Granted, Named};
use crate::identity::NewPasswords;
use crate::security::{Limits, TakenNames};

/// Invites, shows, changes and deactivates the users of an organization.
pub struct UserService {
    pub(super) store: Arc<dyn Store>,
    pub(super) passwords: NewPasswords,
    pub(super) access: Access,
    pub(super) limits: Limits,
    pub(super) taken_names: TakenNames,
    pub(super) writer: Writer,
}

impl UserService {
    /// A service over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        passwords: NewPasswords,
        access: Access,
        limits: Limits,
        writer: Writer,
    ) -> Self {
        Self {
            store,
            passwords,
            access,
            taken_names: TakenNames::new(limits.clone()),
            limits,
            writer,
        }
    }

    /// The users of an organization that the path names, of those that the
    /// filter lets through.
    pub async fn list(
        &self,
        caller: &Granted<UserRead>,
        organization: OrganizationId,
        filter: &UserFilter,
        page: &PageRequest<UserKey>,
    ) -> Result<Page<UserWithRoles, UserKey>, UserError> {
        let named = Named::InPath(organization);
        let organization = self.access.reach(caller, named).await?;
        let users = self.store.read().users();
        Ok(users.list(organization, filter, page).await?)
    }

    /// A user of the caller's organization, or of another one for the
    /// platform.
    pub async fn get(
        &self,
        caller: &Granted<UserRead>,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<UserWithRoles, UserError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        let users = self.store.read().users();
        let found = users.find_with_roles(organization, id).await?;
        found.ok_or(UserError::NotFound)
    }

    /// How to reach a user of the caller's organization, or of another one for
    /// the platform.
    pub async fn contact(
        &self,
        caller: &Granted<UserRead>,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<Contact, UserError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        let users = self.store.read().users();
        let found = users.find_contact(organization, id).await?;
        found.ok_or(UserError::NotFound)
    }
}
