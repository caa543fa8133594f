//! Who holds which roles.

use auth_domain::actor::Actor;
use auth_domain::clock::Timestamp;
use auth_domain::events::Aggregate;
use auth_domain::fields::Fields;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::rbac::PolicyRevision;

use super::guards::{demand_another, demand_may_assign, demand_may_lose, demand_rank};
use super::record::{Change, record};
use super::roles::lock;
use super::{Acting, RoleError, RoleService};
use crate::{Tx, transact};

impl RoleService {
    /// Gives a user one more role. One that the user holds changes nothing.
    pub async fn assign(
        &self,
        acting: Acting<'_>,
        user: UserId,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        let organization = self.reached(acting.principal, acting.organization).await?;
        let now = self.clock.now();
        let revision = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let principal = acting.principal;
                let locked = lock(&mut tx, organization).await?;
                let before = held_by(&mut tx, organization, user).await?;
                let found = tx.roles().find(organization, role).await?;
                found.ok_or(RoleError::RoleNotFound)?;
                demand_another(principal, user)?;
                demand_rank(&mut tx, principal, organization, user).await?;
                if before.contains(&role) {
                    return Ok(locked.policy_revision);
                }
                demand_may_assign(&mut tx, principal, &locked, role).await?;
                let revision = tx.roles().bump_policy_revision(organization).await?;
                tx.roles().assign(organization, user, role, now).await?;
                let what = Assignment {
                    action: "user.role_assigned",
                    organization,
                    user,
                    role,
                };
                what.record(&mut tx, acting.actor, before, now).await?;
                Ok(revision)
            })
        })
        .await?;
        self.policies.observe(organization, revision);
        Ok(revision)
    }

    /// Takes a role from a user.
    pub async fn unassign(
        &self,
        acting: Acting<'_>,
        user: UserId,
        role: RoleId,
    ) -> Result<PolicyRevision, RoleError> {
        let organization = self.reached(acting.principal, acting.organization).await?;
        let now = self.clock.now();
        let revision = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let principal = acting.principal;
                lock(&mut tx, organization).await?;
                let before = held_by(&mut tx, organization, user).await?;
                if !before.contains(&role) {
                    return Err(RoleError::NotAssigned);
                }
                demand_another(principal, user)?;
                demand_rank(&mut tx, principal, organization, user).await?;
                demand_may_lose(&mut tx, organization, user, role).await?;
                let revision = tx.roles().bump_policy_revision(organization).await?;
                tx.roles().unassign(organization, user, role).await?;
                let what = Assignment {
                    action: "user.role_revoked",
                    organization,
                    user,
                    role,
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

/// The roles of a user of the organization.
async fn held_by(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
    user: UserId,
) -> Result<Vec<RoleId>, RoleError> {
    let found = tx.users().find(organization, user).await?;
    found.ok_or(RoleError::UserNotFound)?;
    Ok(tx.roles().roles_of_user(organization, user).await?)
}

/// A role given to a user, or taken from it.
struct Assignment {
    action: &'static str,
    organization: OrganizationId,
    user: UserId,
    role: RoleId,
}

impl Assignment {
    async fn record(
        self,
        tx: &mut Tx<'_, '_>,
        actor: &Actor,
        before: Vec<RoleId>,
        at: Timestamp,
    ) -> Result<(), RoleError> {
        let roles = tx.roles();
        let after = roles.roles_of_user(self.organization, self.user).await?;
        let change = Change {
            organization: self.organization,
            action: self.action,
            to: Aggregate::User(self.user),
            before: Some(Fields::new().with("role_ids", before)),
            after: Some(Fields::new().with("role_ids", after)),
            facts: Fields::new()
                .with("user_id", self.user)
                .with("role_id", self.role),
            at,
        };
        record(tx, actor, change).await?;
        Ok(())
    }
}
