//! Changes of users, deactivation among them.

use auth_domain::change::Change as FieldChange;
use auth_domain::error::PortError;
use auth_domain::events::{UserDeactivated, UserUpdated};
use auth_domain::identity::{Authority, RevokeReason};
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::rules::{Touch, is_another, keeps_an_admin, may_lose, outranks};
use auth_domain::rbac::{Permission, RoleWithGrants};
use auth_domain::users::{UserStatus, UserWithRights, UserWithRoles};

use super::changes::audited;
use super::invite::{may_assign, role_of};
use super::{UserChanges, UserError, UserService};
use crate::access::perm::{Demand, UserDelete, UserUpdate};
use crate::access::{AccessError, Granted, Named};
use crate::{Authorized, Change, Tx, Written};

/// Which events tell of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Events {
    /// `user.updated`, and `user.deactivated` where that is what it does.
    UpdatedAndDeactivated,
    /// `user.deactivated` alone.
    DeactivatedOnly,
}

impl UserService {
    /// Changes a user. The status needs `user.delete`, the role `role.assign`
    /// and `role.revoke`; a caller changes neither its own, nor those of a
    /// user who holds more. What changes nothing writes nothing.
    pub async fn update(
        &self,
        caller: &Granted<UserUpdate>,
        organization: Option<OrganizationId>,
        id: UserId,
        changes: &UserChanges,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let events = Events::UpdatedAndDeactivated;
        self.change(caller, organization, id, changes, events).await
    }

    /// Deactivates a user: refused from the next request on, everywhere, with
    /// all sessions revoked. Nothing is removed, and twice is once.
    pub async fn deactivate(
        &self,
        caller: &Granted<UserDelete>,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let changes = UserChanges {
            status: Some(UserStatus::Inactive),
            ..UserChanges::default()
        };
        let events = Events::DeactivatedOnly;
        self.change(caller, organization, id, &changes, events)
            .await
    }

    async fn change<P: Demand>(
        &self,
        caller: &Granted<P>,
        organization: Option<OrganizationId>,
        id: UserId,
        changes: &UserChanges,
        events: Events,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        self.writer
            .run_in(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let found = user_of(&tx, organization, id).await?;
                    let planned = Planned {
                        after: changes.applied_to(&found.user),
                        before: found,
                    };
                    if planned.changes_nothing() {
                        let unchanged = planned.before.user;
                        return Ok(Written::at(&authorized.organization, unchanged));
                    }
                    planned.demand_rights(&authorized.authority)?;
                    judge(&tx, &authorized, &planned, changes).await?;
                    store(&mut tx, authorized.organization, planned, changes, events).await
                })
            })
            .await
    }
}

/// A user of the organization.
pub(super) async fn user_of(
    tx: &Tx<'_, '_>,
    organization: OrganizationId,
    id: UserId,
) -> Result<UserWithRights, UserError> {
    let users = tx.read().users();
    let found = users.find_with_rights(organization, id).await?;
    found.ok_or(UserError::NotFound)
}

/// A user before and after a change.
struct Planned {
    before: UserWithRights,
    after: UserWithRoles,
}

impl Planned {
    fn changes_nothing(&self) -> bool {
        self.after == self.before.user
    }

    fn changes_status(&self) -> bool {
        self.before.user.user.status != self.after.user.status
    }

    fn changes_roles(&self) -> bool {
        self.before.user.role_ids != self.after.role_ids
    }

    fn changes_policy(&self) -> bool {
        self.changes_status() || self.changes_roles()
    }

    fn lost_roles(&self) -> impl Iterator<Item = RoleId> {
        let after = &self.after.role_ids;
        let before = self.before.user.role_ids.iter().copied();
        before.filter(|role| !after.contains(role))
    }

    fn new_roles(&self) -> impl Iterator<Item = RoleId> {
        let before = &self.before.user.role_ids;
        let after = self.after.role_ids.iter().copied();
        after.filter(|role| !before.contains(role))
    }

    fn deactivates(&self) -> bool {
        self.changes_status() && self.after.user.status == UserStatus::Inactive
    }

    /// What the caller needs beside the right to change names.
    fn demand_rights(&self, caller: &Authority) -> Result<(), AccessError> {
        let lacks_status = self.changes_status() && !caller.holds(Permission::UserDelete);
        let changes_roles = [Permission::RoleAssign, Permission::RoleRevoke]
            .into_iter()
            .all(|permission| caller.holds(permission));
        let lacks_roles = self.changes_roles() && !changes_roles;
        if lacks_status || lacks_roles {
            return Err(AccessError::Forbidden);
        }
        Ok(())
    }
}

/// The rules about rights, which names are none of.
async fn judge(
    tx: &Tx<'_, '_>,
    authorized: &Authorized,
    planned: &Planned,
    changes: &UserChanges,
) -> Result<(), UserError> {
    if !planned.changes_policy() {
        return Ok(());
    }
    let Authorized {
        organization,
        authority,
    } = authorized;
    let user = planned.before.user.user.id;
    is_another(authority, user)?;
    let given = match changes.role {
        FieldChange::Set(role) => Some(role_of(tx, organization.id, role).await?),
        FieldChange::Keep | FieldChange::Clear => None,
    };
    let touch = if planned.changes_status() {
        Touch::Account
    } else {
        Touch::Roles
    };
    outranks(authority, organization, &planned.before.permissions, touch)?;
    let is_new = |role: &&RoleWithGrants| planned.new_roles().any(|new| new == role.role.id);
    if let Some(role) = given.as_ref().filter(is_new) {
        may_assign(authorized, role)?;
    }
    for role in planned.lost_roles() {
        may_lose(&planned.before, role)?;
    }
    if planned.deactivates() {
        keeps_an_admin(&planned.before)?;
    }
    Ok(())
}

async fn store(
    tx: &mut Tx<'_, '_>,
    mut organization: Organization,
    mut planned: Planned,
    changes: &UserChanges,
    events: Events,
) -> Result<Written<UserWithRoles>, UserError> {
    planned.after.user.updated_at = tx.now();
    if planned.changes_policy() {
        organization = tx.raise_policy(organization.id).await?;
    }
    store_values(tx, &organization, &planned).await?;
    record(tx, &planned, changes, events).await?;
    Ok(Written::at(&organization, planned.after))
}

async fn store_values(
    tx: &mut Tx<'_, '_>,
    organization: &Organization,
    planned: &Planned,
) -> Result<(), PortError> {
    let (organization, id, at) = (organization.id, planned.after.user.id, tx.now());
    tx.users().update(&planned.after.user).await?;
    if planned.changes_roles() {
        let role = planned.after.role_id();
        tx.grants().replace(organization, id, role, at).await?;
    }
    if planned.deactivates() {
        let reason = RevokeReason::Deactivation;
        tx.end_sessions(organization, id, None, reason).await?;
        tx.one_time_tokens().discard_all(id).await?;
    }
    Ok(())
}

async fn record(
    tx: &mut Tx<'_, '_>,
    planned: &Planned,
    changes: &UserChanges,
    events: Events,
) -> Result<(), PortError> {
    let (before, after) = (audited(&planned.before.user), audited(&planned.after));
    let user = &planned.after.user;
    let deactivated = UserDeactivated {
        actor_id: tx.actor().user_id(),
        organization_id: user.organization_id,
        user_id: user.id,
    };
    if events == Events::DeactivatedOnly {
        let change = Change::with_event(user.organization_id, &deactivated);
        return tx.record(change.differing(&before, &after)).await;
    }
    let updated = UserUpdated {
        actor_id: tx.actor().user_id(),
        organization_id: user.organization_id,
        user_id: user.id,
        fields: changes.fields(),
    };
    let change = Change::with_event(user.organization_id, &updated).differing(&before, &after);
    if !planned.deactivates() {
        return tx.record(change).await;
    }
    tx.record(change.audited_as("user.deactivated")).await?;
    tx.tell(user.organization_id, &deactivated).await
}
