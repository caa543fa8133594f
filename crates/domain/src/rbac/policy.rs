//! The rows that decide, of one organization at one revision.

use super::{PermissionName, PolicyRevision};
use crate::ids::{OrganizationId, PermissionId, RoleId, UserId};

/// Everything that decisions about one organization rest on, read at one
/// moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRows {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The revision that the rows belong to.
    pub revision: PolicyRevision,
    /// Whether anything is allowed in it: false when it is suspended.
    pub organization_active: bool,
    /// The names of the permissions that occur in `grants`.
    pub permissions: Vec<(PermissionId, PermissionName)>,
    /// Which role has which permission.
    pub grants: Vec<(RoleId, PermissionId)>,
    /// The members of the organization.
    pub users: Vec<PolicyUser>,
}

/// A user as decisions see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyUser {
    /// The user.
    pub id: UserId,
    /// Whether the user may do anything: user and membership are active.
    pub active: bool,
    /// The roles, the oldest assignment first.
    pub roles: Vec<RoleId>,
}
