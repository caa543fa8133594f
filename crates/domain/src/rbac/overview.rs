//! The policy of an organization as people read it, for operators.

use super::PermissionName;
use crate::ids::{PermissionId, RoleId, UserId};
use crate::text::{PermissionDescription, PersonName, RoleDescription, RoleName, Username};
use crate::users::UserStatus;

/// A role with all that it grants and all its holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleOverview {
    /// Its id.
    pub id: RoleId,
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub description: Option<RoleDescription>,
    /// What it grants, by name.
    pub permissions: Vec<PermissionOverview>,
    /// Its holders, by username.
    pub users: Vec<UserOverview>,
}

/// A permission that a role grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionOverview {
    /// Its id.
    pub id: PermissionId,
    /// Its name.
    pub name: PermissionName,
    /// What it allows.
    pub description: Option<PermissionDescription>,
}

/// A user who holds a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserOverview {
    /// The id.
    pub id: UserId,
    /// The name to sign in with.
    pub username: Username,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: Option<PersonName>,
    /// Whether the user may act.
    pub status: UserStatus,
}
