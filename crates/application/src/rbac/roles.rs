use std::sync::Arc;

use auth_domain::actor::Actor;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::events::Aggregate;
use auth_domain::fields::Fields;
use auth_domain::identity::Principal;
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::organizations::Organization;
use auth_domain::page::{Page, PageRequest};
use auth_domain::rbac::{
    NewRole, Permission, PolicyEngine, PolicyRevision, Role, RoleWithPermissions, SystemRole,
};
use auth_domain::store::Store;
use auth_domain::text::{RoleDescription, RoleName};

use super::RoleError;
use super::guards::{demand_not_held, demand_rank_over_holders};
use super::record::{Change, record};
use crate::access::{Access, Reach};
use crate::organizations::Written;
use crate::{Tx, transact};

/// The platform permission that crosses into other organizations' policy.
pub(super) const PLATFORM: Permission = Permission::PlatformRbacManage;

/// Shows and changes roles, what they grant and who holds them.
///
/// The permission of the route (`role.create` and so on) is checked by the
/// caller; which organization it reaches, and whose rights, is decided here.
/// Every change locks the organization, decides on what it then reads, and
/// raises the policy revision.
pub struct RoleService {
    pub(super) store: Arc<dyn Store>,
    pub(super) policies: Arc<dyn PolicyEngine>,
    pub(super) access: Access,
    pub(super) clock: Arc<dyn Clock>,
}

/// Who acts, and in which organization.
#[derive(Debug, Clone, Copy)]
pub struct Acting<'a> {
    /// Who, and from where.
    pub actor: &'a Actor,
    /// The signed-in user.
    pub principal: &'a Principal,
    /// The organization; `None`: the user's own.
    pub organization: Option<OrganizationId>,
}

/// A role to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDraft {
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub description: Option<RoleDescription>,
}

/// Changes of a role; `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleChanges {
    /// A new name.
    pub name: Option<RoleName>,
    /// What it is for.
    pub description: Option<RoleDescription>,
}

impl RoleChanges {
    fn applied_to(&self, role: &Role) -> Role {
        let mut changed = role.clone();
        if let Some(name) = &self.name {
            changed.name = name.clone();
        }
        if let Some(description) = &self.description {
            changed.description = Some(description.clone());
        }
        changed
    }
}

impl RoleService {
    /// A service over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        policies: Arc<dyn PolicyEngine>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let access = Access::new(Arc::clone(&policies));
        Self {
            store,
            policies,
            access,
            clock,
        }
    }

    /// The roles of an organization.
    pub async fn list(
        &self,
        principal: &Principal,
        organization: Option<OrganizationId>,
        page: &PageRequest,
    ) -> Result<Page<RoleWithPermissions>, RoleError> {
        let organization = self.reached(principal, organization).await?;
        let read = self.store.read();
        let found = read.organizations().find(organization).await?;
        found.ok_or(RoleError::OrganizationNotFound)?;
        Ok(read.roles().list(organization, page).await?)
    }

    /// Makes a role that grants nothing yet.
    pub async fn create(
        &self,
        acting: Acting<'_>,
        draft: &RoleDraft,
    ) -> Result<Written<RoleWithPermissions>, RoleError> {
        let organization = self.reached(acting.principal, acting.organization).await?;
        let now = self.clock.now();
        let written = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                lock(&mut tx, organization).await?;
                demand_free(&draft.name)?;
                let revision = tx.roles().bump_policy_revision(organization).await?;
                let value = insert(&mut tx, acting.actor, organization, draft, now).await?;
                Ok(Written { value, revision })
            })
        })
        .await?;
        self.policies.observe(organization, written.revision);
        Ok(written)
    }

    /// Renames or describes a role. No change writes nothing.
    pub async fn update(
        &self,
        acting: Acting<'_>,
        role: RoleId,
        changes: &RoleChanges,
    ) -> Result<Written<RoleWithPermissions>, RoleError> {
        let organization = self.reached(acting.principal, acting.organization).await?;
        let now = self.clock.now();
        let written = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let locked = lock(&mut tx, organization).await?;
                let found = changeable(&mut tx, acting.principal, organization, role).await?;
                let after = changes.applied_to(&found.role);
                if after == found.role {
                    return Ok(Written {
                        value: found,
                        revision: locked.policy_revision,
                    });
                }
                if after.name.key() != found.role.name.key() {
                    demand_free(&after.name)?;
                }
                let revision = tx.roles().bump_policy_revision(organization).await?;
                let value = write(&mut tx, acting.actor, found, after, now).await?;
                Ok(Written { value, revision })
            })
        })
        .await?;
        self.policies.observe(organization, written.revision);
        Ok(written)
    }

    /// Deletes a role with its grants and assignments.
    pub async fn delete(
        &self,
        acting: Acting<'_>,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        let organization = self.reached(acting.principal, acting.organization).await?;
        let now = self.clock.now();
        let revision = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let principal = acting.principal;
                lock(&mut tx, organization).await?;
                let found = changeable(&mut tx, principal, organization, role).await?;
                demand_rank_over_holders(&mut tx, principal, organization, role).await?;
                let revision = tx.roles().bump_policy_revision(organization).await?;
                remove(&mut tx, acting.actor, &found.role, now).await?;
                Ok(revision)
            })
        })
        .await?;
        self.policies.observe(organization, revision);
        Ok(revision)
    }

    /// The organization that the caller names, or its own. One that it does
    /// not reach is as if there were none.
    pub(super) async fn reached(
        &self,
        principal: &Principal,
        organization: Option<OrganizationId>,
    ) -> Result<OrganizationId, RoleError> {
        let organization = organization.unwrap_or(principal.account.organization_id);
        match self.access.reach(principal, organization, PLATFORM).await? {
            Reach::Own | Reach::Crossing => Ok(organization),
            Reach::Denied => Err(RoleError::OrganizationNotFound),
        }
    }
}

/// Locks the organization: what is read after it is what the rule may rest on.
pub(super) async fn lock(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
) -> Result<Organization, RoleError> {
    let locked = tx.organizations().lock(organization).await?;
    locked.ok_or(RoleError::OrganizationNotFound)
}

/// A role that the caller may change: of the organization, made by it, and not
/// held by the caller.
pub(super) async fn changeable(
    tx: &mut Tx<'_, '_>,
    caller: &Principal,
    organization: OrganizationId,
    role: RoleId,
) -> Result<RoleWithPermissions, RoleError> {
    let found = tx.roles().find(organization, role).await?;
    let found = found.ok_or(RoleError::RoleNotFound)?;
    if found.role.system.is_some() {
        return Err(RoleError::SystemRole);
    }
    demand_not_held(tx, caller, role).await?;
    Ok(found)
}

fn demand_free(name: &RoleName) -> Result<(), RoleError> {
    if SystemRole::reserves(name) {
        return Err(RoleError::NameTaken);
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    organization: OrganizationId,
    draft: &RoleDraft,
    now: Timestamp,
) -> Result<RoleWithPermissions, RoleError> {
    let new = NewRole {
        organization_id: organization,
        name: draft.name.clone(),
        description: draft.description.clone(),
        system: None,
        created_at: now,
    };
    let id = tx.roles().insert(&new).await?;
    let role = Role {
        id,
        organization_id: organization,
        name: new.name,
        description: new.description,
        system: None,
        created_at: now,
        updated_at: now,
    };
    let change = change("role.created", &role, None, Some(audited(&role)), now);
    record(tx, actor, change).await?;
    Ok(RoleWithPermissions {
        role,
        permissions: Vec::new(),
    })
}

async fn write(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    before: RoleWithPermissions,
    mut after: Role,
    now: Timestamp,
) -> Result<RoleWithPermissions, RoleError> {
    after.updated_at = now;
    tx.roles().update(&after).await?;
    let (old, new) = (audited(&before.role), audited(&after));
    let change = change("role.updated", &after, Some(old), Some(new), now);
    record(tx, actor, change).await?;
    Ok(RoleWithPermissions {
        role: after,
        permissions: before.permissions,
    })
}

async fn remove(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    role: &Role,
    now: Timestamp,
) -> Result<(), RoleError> {
    let (organization, id) = (role.organization_id, role.id);
    let permissions = tx.roles().permissions_of_role(organization, id).await?;
    let holders = tx.roles().count_holders(organization, id).await?;
    tx.roles().delete(organization, id).await?;
    let before = audited(role)
        .with("permissions", permissions)
        .with("holders", i64::try_from(holders).unwrap_or(i64::MAX));
    let change = change("role.deleted", role, Some(before), None, now);
    record(tx, actor, change).await?;
    Ok(())
}

fn change(
    action: &'static str,
    role: &Role,
    before: Option<Fields>,
    after: Option<Fields>,
    at: Timestamp,
) -> Change {
    Change {
        organization: role.organization_id,
        action,
        to: Aggregate::Role(role.id),
        before,
        after,
        facts: Fields::new()
            .with("role_id", role.id)
            .with("role_name", role.name.clone()),
        at,
    }
}

/// The values of a role for the audit log.
fn audited(role: &Role) -> Fields {
    Fields::new()
        .with("role_name", role.name.clone())
        .with("role_description", role.description.clone())
}
