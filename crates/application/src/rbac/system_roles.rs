//! The roles that every organization has.

use std::collections::HashSet;

use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::ids::RoleId;
use auth_domain::organizations::Organization;
use auth_domain::rbac::{NewRole, Permission, PermissionName, SystemRole};

use crate::Tx;

/// A system role that is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ensured {
    /// The role.
    pub(crate) id: RoleId,
    /// How many roles and grants that took.
    pub(crate) added: u64,
}

/// Makes sure that an organization has its admin role and `member`, with at
/// least their permissions; answers the admin role. The caller has locked the
/// organization, and raises the policy revision if anything was added.
pub(crate) async fn ensure_system_roles(
    tx: &mut Tx<'_, '_>,
    organization: &Organization,
) -> Result<Ensured, PortError> {
    let member = ensure_system_role(tx, organization, SystemRole::Member).await?;
    let admin = SystemRole::admin_of(organization.kind);
    let admin = ensure_system_role(tx, organization, admin).await?;
    Ok(Ensured {
        id: admin.id,
        added: member.added + admin.added,
    })
}

/// Makes sure that an organization has a system role with at least its
/// permissions.
pub(crate) async fn ensure_system_role(
    tx: &mut Tx<'_, '_>,
    organization: &Organization,
    role: SystemRole,
) -> Result<Ensured, PortError> {
    let now = tx.now();
    let found = tx.read().roles().find_system(organization.id, role).await?;
    let made = u64::from(found.is_none());
    let id = if let Some(found) = found {
        found.id
    } else {
        let new = new_system_role(organization, role, now);
        tx.roles().insert(&new).await?
    };
    let stored = tx.read().roles().find_with_grants(organization.id, id);
    let has: HashSet<PermissionName> = match stored.await? {
        Some(role) => role.names().into_iter().collect(),
        None => HashSet::new(),
    };
    let missing: Vec<Permission> = role
        .permissions()
        .filter(|permission| !has.contains(&PermissionName::from(*permission)))
        .collect();
    let granted = tx
        .grants()
        .grant_all(organization.id, id, &missing, now)
        .await?;
    Ok(Ensured {
        id,
        added: made + granted,
    })
}

fn new_system_role(organization: &Organization, role: SystemRole, now: Timestamp) -> NewRole {
    NewRole {
        organization_id: organization.id,
        name: role.name_in(organization.id),
        description: Some(role.description()),
        system: Some(role),
        created_at: now,
    }
}
