//! What roles grant.

use auth_domain::events::{DomainEvent, RolePermissionGranted, RolePermissionRevoked};
use auth_domain::facts::Facts;
use auth_domain::ids::{OrganizationId, PermissionId, RoleId};
use auth_domain::rbac::rules::{can_have, may_grant};
use auth_domain::rbac::{CatalogueEntry, PermissionName, PolicyRevision};

use super::roles::{demand_changeable, demand_rank_over_holders, role_of};
use super::{RoleError, RoleService};
use crate::access::perm::{RolePermAssign, RolePermRevoke};
use crate::access::{Granted, Named};
use crate::{Change, Tx};

impl RoleService {
    /// Grants a permission to a role. What the organization can never have is
    /// refused before the state of the role counts.
    pub async fn grant(
        &self,
        caller: &Granted<RolePermAssign>,
        organization: Option<OrganizationId>,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<PolicyRevision, RoleError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        self.writer
            .run_in(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let found = role_of(&tx, organization, role).await?;
                    let entry = entry(&tx, permission).await?;
                    let entry = entry.ok_or(RoleError::PermissionNotFound)?;
                    let wanted = [entry.name.clone()];
                    can_have(&authorized.organization, &wanted)?;
                    demand_changeable(&authorized, &found.role)?;
                    may_grant(&authorized.authority, &authorized.organization, &wanted)?;
                    let raised = tx.raise_policy(organization).await?;
                    let now = tx.now();
                    let granted = tx.grants().grant(organization, role, permission, now);
                    if !granted.await? {
                        return Err(RoleError::AlreadyGranted);
                    }
                    let event = RolePermissionGranted {
                        actor_id: tx.actor().user_id(),
                        organization_id: organization,
                        role_id: role,
                        permission_id: permission,
                        permission_name: entry.name.clone(),
                    };
                    let before = found.names();
                    let mut after = [before.clone(), vec![entry.name]].concat();
                    after.sort_unstable();
                    record(&mut tx, organization, &event, before, after).await?;
                    Ok(raised.policy_revision)
                })
            })
            .await
    }

    /// Takes a permission from a role.
    pub async fn revoke(
        &self,
        caller: &Granted<RolePermRevoke>,
        organization: Option<OrganizationId>,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<PolicyRevision, RoleError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        self.writer
            .run_in(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let found = role_of(&tx, organization, role).await?;
                    demand_changeable(&authorized, &found.role)?;
                    let granted = found.grants.iter().find(|grant| grant.id == permission);
                    let name = granted.ok_or(RoleError::NotGranted)?.name.clone();
                    demand_rank_over_holders(&tx, &authorized, role).await?;
                    let raised = tx.raise_policy(organization).await?;
                    tx.grants().revoke(organization, role, permission).await?;
                    let before = found.names();
                    let mut after = before.clone();
                    after.retain(|kept| *kept != name);
                    let event = RolePermissionRevoked {
                        actor_id: tx.actor().user_id(),
                        organization_id: organization,
                        role_id: role,
                        permission_id: permission,
                        permission_name: name,
                    };
                    record(&mut tx, organization, &event, before, after).await?;
                    Ok(raised.policy_revision)
                })
            })
            .await
    }
}

async fn entry(
    tx: &Tx<'_, '_>,
    permission: PermissionId,
) -> Result<Option<CatalogueEntry>, RoleError> {
    Ok(tx.read().catalogue().find(permission).await?)
}

async fn record<E: DomainEvent>(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
    event: &E,
    before: Vec<PermissionName>,
    after: Vec<PermissionName>,
) -> Result<(), RoleError> {
    let change = Change::with_event(organization, event)
        .before(Facts::new().with("permissions", before))
        .after(Facts::new().with("permissions", after));
    Ok(tx.record(change).await?)
}
