//! Changes of users, deactivation among them.

use auth_domain::actor::Actor;
use auth_domain::change::Change;
use auth_domain::identity::{Principal, RevokeReason};
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::Permission;
use auth_domain::users::{UserStatus, UserWithRoles};

use super::changes::audited;
use super::write::Write;
use super::{UserChanges, UserError, UserService};
use crate::organizations::Written;
use crate::rbac::guards::{
    demand_another, demand_may_assign, demand_may_lose, demand_other_admin, demand_rank,
};
use crate::{Tx, transact};

/// What the caller may change beside names.
#[derive(Clone, Copy)]
struct Rights {
    status: bool,
    roles: bool,
}

/// Which event tells of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// `user.updated`, beside `user.deactivated` where that is what it does.
    Update,
    /// `user.deactivated` alone.
    Deactivation,
}

impl UserService {
    /// Changes a user. The status needs `user.delete`, the role `role.assign`
    /// and `role.revoke`; nobody changes their own, nor those of somebody who
    /// holds more. What changes nothing writes nothing.
    pub async fn update(
        &self,
        actor: &Actor,
        principal: &Principal,
        organization: Option<OrganizationId>,
        id: UserId,
        changes: &UserChanges,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let rights = self.rights_of(principal).await?;
        let organization = self.organization_of(principal, organization).await?;
        let write = self.write(actor, principal, organization, id);
        self.change(write, rights, changes, Telling::Update).await
    }

    /// Deactivates a user: refused from the next request on, everywhere, with
    /// all sessions revoked. Nothing is removed, and twice is once.
    pub async fn deactivate(
        &self,
        actor: &Actor,
        principal: &Principal,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let rights = Rights {
            status: true,
            roles: false,
        };
        let changes = UserChanges {
            status: Some(UserStatus::Inactive),
            ..UserChanges::default()
        };
        let organization = self.organization_of(principal, organization).await?;
        let write = self.write(actor, principal, organization, id);
        self.change(write, rights, &changes, Telling::Deactivation)
            .await
    }

    async fn change(
        &self,
        write: Write<'_>,
        rights: Rights,
        changes: &UserChanges,
        telling: Telling,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let written = transact::<_, UserError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let (organization, before) = write.begin(&mut tx).await?;
                let planned = Planned {
                    after: changes.applied_to(&before),
                    before,
                };
                if planned.after == planned.before {
                    return Ok(unchanged(&organization, planned.before));
                }
                planned.demand_rights(rights)?;
                judge(&mut tx, &write, &organization, &planned, changes).await?;
                store(&mut tx, &write, organization, planned, changes, telling).await
            })
        })
        .await?;
        self.policies.observe(write.organization, written.revision);
        Ok(written)
    }

    pub(super) fn write<'a>(
        &self,
        actor: &'a Actor,
        principal: &'a Principal,
        organization: OrganizationId,
        user: UserId,
    ) -> Write<'a> {
        Write {
            actor,
            principal,
            organization,
            user,
            at: self.clock.now(),
        }
    }

    async fn rights_of(&self, principal: &Principal) -> Result<Rights, UserError> {
        let policy = self.access.policy_of(principal).await?;
        let holds =
            |permission: Permission| policy.check(principal.account.user_id, permission.name());
        Ok(Rights {
            status: holds(Permission::UserDelete),
            roles: holds(Permission::RoleAssign) && holds(Permission::RoleRevoke),
        })
    }
}

/// A user before and after a change.
struct Planned {
    before: UserWithRoles,
    after: UserWithRoles,
}

impl Planned {
    fn changes_status(&self) -> bool {
        self.before.user.status != self.after.user.status
    }

    fn changes_roles(&self) -> bool {
        self.before.role_ids != self.after.role_ids
    }

    fn changes_policy(&self) -> bool {
        self.changes_status() || self.changes_roles()
    }

    fn lost_roles(&self) -> impl Iterator<Item = &RoleId> {
        let after = &self.after.role_ids;
        let before = self.before.role_ids.iter();
        before.filter(|role| !after.contains(role))
    }

    fn new_roles(&self) -> impl Iterator<Item = &RoleId> {
        let before = &self.before.role_ids;
        let after = self.after.role_ids.iter();
        after.filter(|role| !before.contains(role))
    }

    fn deactivates(&self) -> bool {
        self.changes_status() && self.after.user.status == UserStatus::Inactive
    }

    fn demand_rights(&self, rights: Rights) -> Result<(), UserError> {
        let lacks_status = self.changes_status() && !rights.status;
        let lacks_roles = self.changes_roles() && !rights.roles;
        if lacks_status || lacks_roles {
            return Err(UserError::Forbidden);
        }
        Ok(())
    }
}

/// The rules about rights, which names are none of.
async fn judge(
    tx: &mut Tx<'_, '_>,
    write: &Write<'_>,
    organization: &Organization,
    planned: &Planned,
    changes: &UserChanges,
) -> Result<(), UserError> {
    if !planned.changes_policy() {
        return Ok(());
    }
    demand_another(write.principal, write.user)?;
    if let Change::Set(role) = changes.role {
        let found = tx.roles().find(organization.id, role).await?;
        found.ok_or(UserError::RoleNotInOrganization)?;
    }
    demand_rank(tx, write.principal, organization.id, write.user).await?;
    for &role in planned.new_roles() {
        demand_may_assign(tx, write.principal, organization, role).await?;
    }
    for &role in planned.lost_roles() {
        demand_may_lose(tx, organization.id, write.user, role).await?;
    }
    if planned.deactivates() {
        demand_other_admin(tx, organization.id, write.user).await?;
    }
    Ok(())
}

async fn store(
    tx: &mut Tx<'_, '_>,
    write: &Write<'_>,
    organization: Organization,
    planned: Planned,
    changes: &UserChanges,
    telling: Telling,
) -> Result<Written<UserWithRoles>, UserError> {
    let mut revision = organization.policy_revision;
    if planned.changes_policy() {
        revision = tx.roles().bump_policy_revision(organization.id).await?;
    }
    store_values(tx, write, &planned).await?;
    let (before, after) = (audited(&planned.before), audited(&planned.after));
    let deactivates = planned.deactivates();
    let action = if deactivates {
        "user.deactivated"
    } else {
        "user.updated"
    };
    write.audit(tx, action, "users", &before, &after).await?;
    if telling == Telling::Update {
        write.tell_update(tx, changes.fields()).await?;
    }
    if deactivates {
        write.tell_deactivation(tx).await?;
    }
    let mut value = planned.after;
    value.user.updated_at = write.at;
    Ok(Written { value, revision })
}

async fn store_values(
    tx: &mut Tx<'_, '_>,
    write: &Write<'_>,
    planned: &Planned,
) -> Result<(), UserError> {
    let (organization, id, at) = (write.organization, write.user, write.at);
    let after = &planned.after;
    // Writes `updated_at` too, whatever it is that changes.
    tx.users()
        .update_person(organization, id, &after.user.person, at)
        .await?;
    for &role in planned.lost_roles() {
        tx.roles().unassign(organization, id, role).await?;
    }
    for &role in planned.new_roles() {
        tx.roles().assign(organization, id, role, at).await?;
    }
    if planned.changes_status() {
        let status = after.user.status;
        tx.users().set_status(organization, id, status, at).await?;
    }
    if planned.deactivates() {
        let reason = RevokeReason::Deactivation;
        tx.sessions()
            .revoke_all_of_user(id, None, reason, at)
            .await?;
        tx.one_time_tokens().discard_all(id).await?;
    }
    Ok(())
}

pub(super) fn unchanged<T>(organization: &Organization, value: T) -> Written<T> {
    Written {
        value,
        revision: organization.policy_revision,
    }
}
