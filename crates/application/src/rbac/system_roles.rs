//! The roles that every organization has.

use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::ids::RoleId;
use auth_domain::organizations::Organization;
use auth_domain::rbac::{NewRole, Permission, SystemRole};

use crate::Tx;

/// Makes sure that an organization has its admin role and `member`, with at
/// least their permissions; answers the admin role. The caller has raised the
/// policy revision.
pub(crate) async fn ensure_system_roles(
    tx: &mut Tx<'_, '_>,
    organization: &Organization,
    now: Timestamp,
) -> Result<RoleId, PortError> {
    ensure_system_role(tx, organization, SystemRole::Member, now).await?;
    let admin = SystemRole::admin_of(organization.kind);
    ensure_system_role(tx, organization, admin, now).await
}

/// Makes sure that an organization has a system role with at least its
/// permissions; answers its id.
pub(crate) async fn ensure_system_role(
    tx: &mut Tx<'_, '_>,
    organization: &Organization,
    role: SystemRole,
    now: Timestamp,
) -> Result<RoleId, PortError> {
    let id = match tx.roles().find_system(organization.id, role).await? {
        Some(found) => found.id,
        None => {
            tx.roles()
                .insert(&new_system_role(organization, role, now))
                .await?
        }
    };
    let permissions: Vec<Permission> = role.permissions().collect();
    tx.roles()
        .grant(organization.id, id, &permissions, now)
        .await?;
    Ok(id)
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
