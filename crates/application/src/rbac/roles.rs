use std::sync::Arc;

use auth_domain::events::{RoleCreated, RoleDeleted, RoleUpdated};
use auth_domain::facts::Facts;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::page::{Page, PageRequest, RoleKey};
use auth_domain::rbac::rules::{Touch, outranks};
use auth_domain::rbac::{
    NewRole, PolicyRevision, Role, RoleWithGrants, RoleWithPermissions, SystemRole,
};
use auth_domain::store::Store;
use auth_domain::text::{RoleDescription, RoleName};
use auth_domain::users::UserWithRights;

use super::RoleError;
use crate::access::perm::{RoleCreate, RoleDelete, RoleRead, RoleUpdate};
use crate::access::{Access, AccessError, Granted, Named};
use crate::{Authorized, Change, Tx, Writer, Written};

/// Shows and changes roles, what they grant and their holders.
///
/// Every change locks the organization, decides by the rules of the domain on
/// what it then reads, and raises the policy revision.
pub struct RoleService {
    pub(super) store: Arc<dyn Store>,
    pub(super) access: Access,
    pub(super) writer: Writer,
}

/// A role to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDraft {
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub description: Option<RoleDescription>,
}

/// Changes of a role; a name of `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleChanges {
    /// A new name.
    pub name: Option<RoleName>,
    /// What it is for.
    pub description: auth_domain::change::Change<RoleDescription>,
}

impl RoleChanges {
    fn applied_to(&self, role: &Role) -> Role {
        let mut changed = role.clone();
        if let Some(name) = &self.name {
            changed.name = name.clone();
        }
        self.description.apply_to(&mut changed.description);
        changed
    }
}

impl RoleService {
    /// A service over its ports.
    pub fn new(store: Arc<dyn Store>, access: Access, writer: Writer) -> Self {
        Self {
            store,
            access,
            writer,
        }
    }

    /// The roles of the caller's organization, or for the platform of another
    /// one.
    pub async fn list(
        &self,
        caller: &Granted<RoleRead>,
        organization: Option<OrganizationId>,
        page: &PageRequest<RoleKey>,
    ) -> Result<Page<RoleWithPermissions, RoleKey>, RoleError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        Ok(self.store.read().roles().list(organization, page).await?)
    }

    /// Makes a role that grants nothing yet.
    pub async fn create(
        &self,
        caller: &Granted<RoleCreate>,
        organization: Option<OrganizationId>,
        draft: &RoleDraft,
    ) -> Result<Written<RoleWithPermissions>, RoleError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        self.writer
            .run_raising(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    demand_free(&draft.name)?;
                    let value = insert(&mut tx, organization, draft).await?;
                    Ok(Written::at(&authorized.organization, value))
                })
            })
            .await
    }

    /// Renames or describes a role. No change writes nothing.
    pub async fn update(
        &self,
        caller: &Granted<RoleUpdate>,
        organization: Option<OrganizationId>,
        role: RoleId,
        changes: &RoleChanges,
    ) -> Result<Written<RoleWithPermissions>, RoleError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        self.writer
            .run_in(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let found = changeable(&tx, &authorized, role).await?;
                    let after = changes.applied_to(&found.role);
                    if after == found.role {
                        return Ok(Written::at(&authorized.organization, found.into()));
                    }
                    if after.name.key() != found.role.name.key() {
                        demand_free(&after.name)?;
                    }
                    demand_rank_over_holders(&tx, &authorized, role).await?;
                    let raised = tx.raise_policy(organization).await?;
                    let value = write(&mut tx, found, after).await?;
                    Ok(Written::at(&raised, value))
                })
            })
            .await
    }

    /// Deletes a role with its grants and assignments.
    pub async fn delete(
        &self,
        caller: &Granted<RoleDelete>,
        organization: Option<OrganizationId>,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        self.writer
            .run_in(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let found = changeable(&tx, &authorized, role).await?;
                    demand_rank_over_holders(&tx, &authorized, role).await?;
                    let raised = tx.raise_policy(organization).await?;
                    remove(&mut tx, found).await?;
                    Ok(raised.policy_revision)
                })
            })
            .await
    }
}

/// A role of the organization.
pub(super) async fn role_of(
    tx: &Tx<'_, '_>,
    organization: OrganizationId,
    role: RoleId,
) -> Result<RoleWithGrants, RoleError> {
    let roles = tx.read().roles();
    let found = roles.find_with_grants(organization, role).await?;
    found.ok_or(RoleError::RoleNotFound)
}

/// A user of the organization.
pub(super) async fn user_of(
    tx: &Tx<'_, '_>,
    organization: OrganizationId,
    user: UserId,
) -> Result<UserWithRights, RoleError> {
    let users = tx.read().users();
    let found = users.find_with_rights(organization, user).await?;
    found.ok_or(RoleError::UserNotFound)
}

/// A role that the caller may change: of the organization, made by it, and not
/// held by the caller.
async fn changeable(
    tx: &Tx<'_, '_>,
    authorized: &Authorized,
    role: RoleId,
) -> Result<RoleWithGrants, RoleError> {
    let found = role_of(tx, authorized.organization.id, role).await?;
    demand_changeable(authorized, &found.role)?;
    Ok(found)
}

/// The same of a role that was read before.
pub(super) fn demand_changeable(authorized: &Authorized, role: &Role) -> Result<(), RoleError> {
    if role.system.is_some() {
        return Err(RoleError::SystemRole);
    }
    if authorized.authority.role_ids.contains(&role.id) {
        return Err(AccessError::Forbidden.into());
    }
    Ok(())
}

/// Rank over all holders of a role.
pub(super) async fn demand_rank_over_holders(
    tx: &Tx<'_, '_>,
    authorized: &Authorized,
    role: RoleId,
) -> Result<(), RoleError> {
    let Authorized {
        organization,
        authority,
    } = authorized;
    let grants = tx.read().grants();
    let theirs = grants.permissions_of_holders(organization.id, role).await?;
    Ok(outranks(authority, organization, &theirs, Touch::Roles)?)
}

fn demand_free(name: &RoleName) -> Result<(), RoleError> {
    if SystemRole::reserves(name) {
        return Err(RoleError::NameTaken);
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
    draft: &RoleDraft,
) -> Result<RoleWithPermissions, RoleError> {
    let new = NewRole {
        organization_id: organization,
        name: draft.name.clone(),
        description: draft.description.clone(),
        system: None,
        created_at: tx.now(),
    };
    let id = tx.roles().insert(&new).await?;
    let role = Role {
        id,
        organization_id: organization,
        name: new.name,
        description: new.description,
        system: None,
        created_at: new.created_at,
        updated_at: new.created_at,
    };
    let event = RoleCreated {
        actor_id: tx.actor().user_id(),
        organization_id: organization,
        role_id: id,
        role_name: role.name.clone(),
    };
    let change = Change::with_event(organization, &event).after(audited(&role));
    tx.record(change).await?;
    Ok(RoleWithPermissions {
        role,
        permissions: Vec::new(),
    })
}

async fn write(
    tx: &mut Tx<'_, '_>,
    mut found: RoleWithGrants,
    mut after: Role,
) -> Result<RoleWithPermissions, RoleError> {
    after.updated_at = tx.now();
    tx.roles().update(&after).await?;
    let event = RoleUpdated {
        actor_id: tx.actor().user_id(),
        organization_id: after.organization_id,
        role_id: after.id,
        role_name: after.name.clone(),
    };
    let change = Change::with_event(after.organization_id, &event)
        .before(audited(&found.role))
        .after(audited(&after));
    tx.record(change).await?;
    found.role = after;
    Ok(found.into())
}

async fn remove(tx: &mut Tx<'_, '_>, found: RoleWithGrants) -> Result<(), RoleError> {
    let permissions = found.names();
    let role = found.role;
    let (organization, id) = (role.organization_id, role.id);
    let holders = tx.read().grants().count_holders(organization, id).await?;
    tx.roles().delete(organization, id).await?;
    let before = audited(&role)
        .with("permissions", permissions)
        .with("holders", i64::try_from(holders).unwrap_or(i64::MAX));
    let event = RoleDeleted {
        actor_id: tx.actor().user_id(),
        organization_id: organization,
        role_id: id,
        role_name: role.name,
    };
    tx.record(Change::with_event(organization, &event).before(before))
        .await?;
    Ok(())
}

/// The values of a role for the audit log.
fn audited(role: &Role) -> Facts {
    Facts::new()
        .with("role_name", role.name.clone())
        .with("role_description", role.description.clone())
}
