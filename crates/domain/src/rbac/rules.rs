//! Which caller may change whose rights: pure rules over facts that the transaction of
//! the change has read under its locks.

use super::PermissionName;
use crate::identity::Authority;
use crate::ids::{RoleId, UserId};
use crate::organizations::Organization;
use crate::rbac::Permission;
use crate::users::{UserStatus, UserWithRights};

/// The rule that a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleBroken {
    /// The caller's own rights, or those of a user who holds more.
    #[error("the caller may not do this")]
    Forbidden,
    /// A right that the caller does not hold, or that the organization cannot
    /// have.
    #[error("a caller grants only what it holds")]
    CannotGrant,
    /// The organization would be left without an active admin.
    #[error("the last active admin of an organization stays one")]
    LastAdmin,
}

/// Whether an organization keeps an admin without one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdminFacts {
    /// The organization's admin role; `None`: it was not made yet.
    pub role: Option<RoleId>,
    /// Whether an active user other than that one holds it.
    pub has_other_active_holder: bool,
}

/// What of a user a change touches, which decides how far rank goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Roles, or what they grant.
    Roles,
    /// E-mail, status or password.
    Account,
}

/// A caller changes the rights of other users only.
pub fn is_another(caller: &Authority, user: UserId) -> Result<(), RuleBroken> {
    if caller.account.user_id == user {
        return Err(RuleBroken::Forbidden);
    }
    Ok(())
}

/// Rank: a caller, the platform's included, does not touch a user of an
/// organization who holds a permission that the caller lacks. A caller who
/// manages the platform's roles is free of it where roles of another
/// organization are touched, of users without `platform.*`.
pub fn outranks<'a>(
    caller: &Authority,
    organization: &Organization,
    theirs: impl IntoIterator<Item = &'a PermissionName> + Clone,
    touch: Touch,
) -> Result<(), RuleBroken> {
    if caller.holds_all(theirs.clone()) {
        return Ok(());
    }
    let of_platform = theirs.into_iter().any(PermissionName::is_of_platform);
    if touch == Touch::Roles && manages_roles_of(caller, organization) && !of_platform {
        return Ok(());
    }
    Err(RuleBroken::Forbidden)
}

/// A caller grants what it holds. A caller that manages the platform's roles grants
/// anything in another organization that the organization can have.
pub fn may_grant<'a>(
    caller: &Authority,
    organization: &Organization,
    permissions: impl IntoIterator<Item = &'a PermissionName> + Clone,
) -> Result<(), RuleBroken> {
    can_have(organization, permissions.clone())?;
    if caller.holds_all(permissions) || manages_roles_of(caller, organization) {
        return Ok(());
    }
    Err(RuleBroken::CannotGrant)
}

/// The organization can have the permissions at all, whichever caller asks:
/// `platform.*` is for RootOrg.
pub fn can_have<'a>(
    organization: &Organization,
    permissions: impl IntoIterator<Item = &'a PermissionName>,
) -> Result<(), RuleBroken> {
    let of_platform = permissions.into_iter().any(PermissionName::is_of_platform);
    if of_platform && !organization.is_root() {
        return Err(RuleBroken::CannotGrant);
    }
    Ok(())
}

/// The last active holder of the organization's admin role does not lose it.
pub fn may_lose(user: &UserWithRights, role: RoleId) -> Result<(), RuleBroken> {
    if user.admins.role == Some(role) {
        return keeps_an_admin(user);
    }
    Ok(())
}

/// The last active holder of the organization's admin role is not deactivated.
pub fn keeps_an_admin(user: &UserWithRights) -> Result<(), RuleBroken> {
    let Some(role) = user.admins.role else {
        return Ok(());
    };
    let found = &user.user;
    let is_admin = found.user.status == UserStatus::Active && found.role_ids.contains(&role);
    if is_admin && !user.admins.has_other_active_holder {
        return Err(RuleBroken::LastAdmin);
    }
    Ok(())
}

/// Whether the caller manages the roles of that organization for the platform:
/// another one than its own.
fn manages_roles_of(caller: &Authority, organization: &Organization) -> bool {
    caller.account.organization_id != organization.id
        && caller.account.organization_kind == crate::organizations::OrganizationKind::Root
        && caller.holds(Permission::PlatformRbacManage)
}
