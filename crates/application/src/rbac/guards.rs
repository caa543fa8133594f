//! Who may change whose rights.
//!
//! Rules for every use case that changes roles, grants, or a user who holds
//! some. Each is asked inside the transaction of the change, after it locked
//! the organization (`bump_policy_revision`, or `organizations().lock`), and
//! judges what the transaction sees, never a snapshot.

use std::collections::HashSet;

use auth_domain::error::PortError;
use auth_domain::identity::Principal;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::{Permission, PermissionName, RoleWithPermissions, SystemRole};
use auth_domain::users::UserStatus;

use crate::Tx;
use crate::error::{infrastructure_from, use_case_error};

use_case_error! {
    /// Why somebody may not change the rights of somebody.
    GuardError {
        /// The caller's own rights, or those of somebody who holds more.
        Forbidden => "forbidden", Forbidden, "the caller may not do this";
        /// A right that the caller does not hold, or that the organization
        /// cannot have.
        CannotGrant => "cannot_grant", Forbidden, "nobody grants what they do not hold";
        /// The organization would be left without an active admin.
        LastAdmin => "last_admin", Conflict, "the last active admin of an organization stays one";
        /// No such role in the organization.
        RoleNotFound => "role_not_found", NotFound, "there is no such role";
    }
}

infrastructure_from!(GuardError: PortError,);

/// Nobody changes their own rights.
pub(crate) fn demand_another(caller: &Principal, user: UserId) -> Result<(), GuardError> {
    if caller.account.user_id == user {
        return Err(GuardError::Forbidden);
    }
    Ok(())
}

/// Nobody changes a role that they hold.
pub(crate) async fn demand_not_held(
    tx: &mut Tx<'_, '_>,
    caller: &Principal,
    role: RoleId,
) -> Result<(), GuardError> {
    let account = &caller.account;
    let held = tx
        .roles()
        .roles_of_user(account.organization_id, account.user_id)
        .await?;
    if held.contains(&role) {
        return Err(GuardError::Forbidden);
    }
    Ok(())
}

/// Rank: nobody, the platform included, touches a user who holds a permission
/// that the caller lacks. About oneself it always passes.
pub(crate) async fn demand_rank(
    tx: &mut Tx<'_, '_>,
    caller: &Principal,
    organization: OrganizationId,
    user: UserId,
) -> Result<(), GuardError> {
    let theirs = tx.roles().permissions_of_user(organization, user).await?;
    demand_all(tx, caller, &theirs, GuardError::Forbidden).await
}

/// Rank over all who hold a role.
pub(crate) async fn demand_rank_over_holders(
    tx: &mut Tx<'_, '_>,
    caller: &Principal,
    organization: OrganizationId,
    role: RoleId,
) -> Result<(), GuardError> {
    let theirs = tx
        .roles()
        .permissions_of_holders(organization, role)
        .await?;
    demand_all(tx, caller, &theirs, GuardError::Forbidden).await
}

/// The last active holder of the organization's admin role neither loses it
/// nor is deactivated. Passes for everybody else.
pub(crate) async fn demand_other_admin(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
    user: UserId,
) -> Result<(), GuardError> {
    let Some(admin) = admin_role(tx, organization).await? else {
        return Ok(());
    };
    let account = tx.users().find(organization, user).await?;
    let is_active = account.is_some_and(|account| account.status == UserStatus::Active);
    let held = tx.roles().roles_of_user(organization, user).await?;
    if !is_active || !held.contains(&admin) {
        return Ok(());
    }
    let others = tx
        .roles()
        .has_other_active_holder(organization, admin, user)
        .await?;
    if others {
        return Ok(());
    }
    Err(GuardError::LastAdmin)
}

/// The user may lose the role: the same rule, which passes for every role but
/// the admin role.
pub(crate) async fn demand_may_lose(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
    user: UserId,
    role: RoleId,
) -> Result<(), GuardError> {
    if admin_role(tx, organization).await? != Some(role) {
        return Ok(());
    }
    demand_other_admin(tx, organization, user).await
}

/// The admin role of an organization, once it is made.
async fn admin_role(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
) -> Result<Option<RoleId>, GuardError> {
    let found = tx.organizations().find(organization).await?;
    let Some(found) = found else { return Ok(None) };
    let admin = SystemRole::admin_of(found.kind);
    let admin = tx.roles().find_system(organization, admin).await?;
    Ok(admin.map(|admin| admin.id))
}

/// The role is of the organization, and the caller may give it to a user of
/// it: nobody grants what they do not hold. Answers the role.
pub(crate) async fn demand_may_assign(
    tx: &mut Tx<'_, '_>,
    caller: &Principal,
    organization: &Organization,
    role: RoleId,
) -> Result<RoleWithPermissions, GuardError> {
    let found = tx.roles().find(organization.id, role).await?;
    let found = found.ok_or(GuardError::RoleNotFound)?;
    let granted = tx
        .roles()
        .permissions_of_role(organization.id, role)
        .await?;
    demand_may_grant(tx, caller, organization, &granted).await?;
    Ok(found)
}

/// The caller may grant the permissions in the organization: it holds them, or
/// it manages the platform's roles and acts in another organization.
pub(crate) async fn demand_may_grant(
    tx: &mut Tx<'_, '_>,
    caller: &Principal,
    organization: &Organization,
    permissions: &[PermissionName],
) -> Result<(), GuardError> {
    demand_fitting(organization, permissions)?;
    let crosses = caller.account.organization_id != organization.id;
    if crosses && manages_roles(tx, caller).await? {
        return Ok(());
    }
    demand_all(tx, caller, permissions, GuardError::CannotGrant).await
}

/// The organization can have the permissions at all, whoever asks:
/// `platform.*` is for RootOrg.
pub(crate) fn demand_fitting(
    organization: &Organization,
    permissions: &[PermissionName],
) -> Result<(), GuardError> {
    let of_platform = permissions.iter().any(PermissionName::is_of_platform);
    if of_platform && !organization.is_root() {
        return Err(GuardError::CannotGrant);
    }
    Ok(())
}

async fn manages_roles(tx: &mut Tx<'_, '_>, caller: &Principal) -> Result<bool, GuardError> {
    let needed = PermissionName::from(Permission::PlatformRbacManage);
    Ok(caller.is_of_root() && held_by(tx, caller).await?.contains(&needed))
}

/// Refuses unless the caller holds all of the permissions.
async fn demand_all(
    tx: &mut Tx<'_, '_>,
    caller: &Principal,
    permissions: &[PermissionName],
    refusal: GuardError,
) -> Result<(), GuardError> {
    if permissions.is_empty() {
        return Ok(());
    }
    let held = held_by(tx, caller).await?;
    if permissions
        .iter()
        .all(|permission| held.contains(permission))
    {
        return Ok(());
    }
    Err(refusal)
}

async fn held_by(
    tx: &mut Tx<'_, '_>,
    caller: &Principal,
) -> Result<HashSet<PermissionName>, GuardError> {
    let account = &caller.account;
    let held = tx
        .roles()
        .permissions_of_user(account.organization_id, account.user_id)
        .await?;
    Ok(held.into_iter().collect())
}
