//! What roles grant.

use auth_domain::actor::Actor;
use auth_domain::clock::Timestamp;
use auth_domain::events::Aggregate;
use auth_domain::fields::Fields;
use auth_domain::ids::{OrganizationId, PermissionId, RoleId};
use auth_domain::rbac::{CatalogueEntry, PermissionName, PolicyRevision};

use super::guards::{demand_fitting, demand_may_grant};
use super::record::{Change, record};
use super::roles::{changeable, lock};
use super::{Acting, RoleError, RoleService};
use crate::{Tx, transact};

impl RoleService {
    /// Grants a permission to a role.
    pub async fn grant(
        &self,
        acting: Acting<'_>,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<PolicyRevision, RoleError> {
        let organization = self.reached(acting.principal, acting.organization).await?;
        let now = self.clock.now();
        let revision = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let entry = demand_grantable(&mut tx, acting, organization, role, permission);
                let entry = entry.await?;
                let revision = tx.roles().bump_policy_revision(organization).await?;
                let before = tx.roles().permissions_of_role(organization, role).await?;
                let granted = tx
                    .roles()
                    .grant_permission(organization, role, permission, now)
                    .await?;
                if !granted {
                    return Err(RoleError::AlreadyGranted);
                }
                let what = Granting {
                    action: "role.permission_granted",
                    organization,
                    role,
                    entry,
                };
                what.record(&mut tx, acting.actor, before, now).await?;
                Ok(revision)
            })
        })
        .await?;
        self.policies.observe(organization, revision);
        Ok(revision)
    }

    /// Takes a permission from a role.
    pub async fn revoke(
        &self,
        acting: Acting<'_>,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<PolicyRevision, RoleError> {
        let organization = self.reached(acting.principal, acting.organization).await?;
        let now = self.clock.now();
        let revision = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                lock(&mut tx, organization).await?;
                changeable(&mut tx, acting.principal, organization, role).await?;
                let entry = tx.roles().find_permission(permission).await?;
                let entry = entry.ok_or(RoleError::NotGranted)?;
                let revision = tx.roles().bump_policy_revision(organization).await?;
                let before = tx.roles().permissions_of_role(organization, role).await?;
                let revoked = tx
                    .roles()
                    .revoke_permission(organization, role, permission)
                    .await?;
                if !revoked {
                    return Err(RoleError::NotGranted);
                }
                let what = Granting {
                    action: "role.permission_revoked",
                    organization,
                    role,
                    entry,
                };
                what.record(&mut tx, acting.actor, before, now).await?;
                Ok(revision)
            })
        })
        .await?;
        self.policies.observe(organization, revision);
        Ok(revision)
    }
}

/// The caller may grant the permission to the role. What the organization can
/// never have is refused before the state of the role counts.
async fn demand_grantable(
    tx: &mut Tx<'_, '_>,
    acting: Acting<'_>,
    organization: OrganizationId,
    role: RoleId,
    permission: PermissionId,
) -> Result<CatalogueEntry, RoleError> {
    let locked = lock(tx, organization).await?;
    let found = tx.roles().find(organization, role).await?;
    found.ok_or(RoleError::RoleNotFound)?;
    let entry = tx.roles().find_permission(permission).await?;
    let entry = entry.ok_or(RoleError::PermissionNotFound)?;
    let wanted = [entry.name.clone()];
    demand_fitting(&locked, &wanted)?;
    changeable(tx, acting.principal, organization, role).await?;
    demand_may_grant(tx, acting.principal, &locked, &wanted).await?;
    Ok(entry)
}

/// A permission given to a role, or taken from it.
struct Granting {
    action: &'static str,
    organization: OrganizationId,
    role: RoleId,
    entry: CatalogueEntry,
}

impl Granting {
    async fn record(
        self,
        tx: &mut Tx<'_, '_>,
        actor: &Actor,
        before: Vec<PermissionName>,
        at: Timestamp,
    ) -> Result<(), RoleError> {
        let roles = tx.roles();
        let after = roles
            .permissions_of_role(self.organization, self.role)
            .await?;
        let change = Change {
            organization: self.organization,
            action: self.action,
            to: Aggregate::Role(self.role),
            before: Some(Fields::new().with("permissions", before)),
            after: Some(Fields::new().with("permissions", after)),
            facts: Fields::new()
                .with("role_id", self.role)
                .with("permission_id", self.entry.id)
                .with("permission_name", self.entry.name),
            at,
        };
        record(tx, actor, change).await?;
        Ok(())
    }
}
