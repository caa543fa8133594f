//! Which users hold which roles.

use auth_domain::events::{DomainEvent, UserRoleAssigned, UserRoleRevoked};
use auth_domain::facts::Facts;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::rbac::PolicyRevision;
use auth_domain::rbac::rules::{Touch, is_another, may_grant, may_lose, outranks};

use super::roles::{role_of, user_of};
use super::{RoleError, RoleService};
use crate::access::perm::{RoleAssign, RoleRevoke};
use crate::access::{Granted, Named};
use crate::{Authorized, Change, Tx};

impl RoleService {
    /// Gives a user one more role. One that the user holds changes nothing.
    pub async fn assign(
        &self,
        caller: &Granted<RoleAssign>,
        organization: Option<OrganizationId>,
        user: UserId,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        self.writer
            .run_in(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let Authorized {
                        organization: locked,
                        authority,
                    } = authorized;
                    let found = user_of(&tx, organization, user).await?;
                    let wanted = role_of(&tx, organization, role).await?;
                    is_another(&authority, user)?;
                    outranks(&authority, &locked, &found.permissions, Touch::Roles)?;
                    let before = found.user.role_ids;
                    if before.contains(&role) {
                        return Ok(locked.policy_revision);
                    }
                    may_grant(&authority, &locked, &wanted.names())?;
                    let raised = tx.raise_policy(organization).await?;
                    let now = tx.now();
                    tx.grants().assign(organization, user, role, now).await?;
                    let event = UserRoleAssigned {
                        actor_id: tx.actor().user_id(),
                        organization_id: organization,
                        user_id: user,
                        role_id: role,
                    };
                    let after = [before.clone(), vec![role]].concat();
                    record(&mut tx, organization, &event, before, after).await?;
                    Ok(raised.policy_revision)
                })
            })
            .await
    }

    /// Takes a role from a user.
    pub async fn unassign(
        &self,
        caller: &Granted<RoleRevoke>,
        organization: Option<OrganizationId>,
        user: UserId,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        self.writer
            .run_in(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let Authorized {
                        organization: locked,
                        authority,
                    } = authorized;
                    let found = user_of(&tx, organization, user).await?;
                    if !found.user.role_ids.contains(&role) {
                        return Err(RoleError::NotAssigned);
                    }
                    is_another(&authority, user)?;
                    outranks(&authority, &locked, &found.permissions, Touch::Roles)?;
                    may_lose(&found, role)?;
                    let raised = tx.raise_policy(organization).await?;
                    tx.grants().unassign(organization, user, role).await?;
                    let event = UserRoleRevoked {
                        actor_id: tx.actor().user_id(),
                        organization_id: organization,
                        user_id: user,
                        role_id: role,
                    };
                    let before = found.user.role_ids;
                    let mut after = before.clone();
                    after.retain(|held| *held != role);
                    record(&mut tx, organization, &event, before, after).await?;
                    Ok(raised.policy_revision)
                })
            })
            .await
    }
}

async fn record<E: DomainEvent>(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
    event: &E,
    before: Vec<RoleId>,
    after: Vec<RoleId>,
) -> Result<(), RoleError> {
    let change = Change::with_event(organization, event)
        .before(Facts::new().with("role_ids", before))
        .after(Facts::new().with("role_ids", after));
    Ok(tx.record(change).await?)
}
