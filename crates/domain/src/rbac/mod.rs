//! Roles, permissions and decisions.
//!
//! Decisions are RBAC with domains, as Casbin defines it: a user holds roles
//! in an organization, a role is granted permissions in it, and a permission
//! is allowed if any role of the user has it. Exact names, no wildcards, no
//! hierarchy, no deny.

mod cache;
mod catalogue;
mod policy;
mod ports;
mod snapshot;

pub use cache::{DecisionCache, PolicyBroadcast, PolicyNews};
#[cfg(feature = "mocks")]
pub use cache::{MockDecisionCache, MockPolicyBroadcast};
pub use catalogue::{Permission, PermissionName, PermissionSet};
pub use policy::{PolicyRows, PolicyUser};
#[cfg(feature = "mocks")]
pub use ports::{MockPolicyEngine, MockPolicyStore, MockRoleRepo};
pub use ports::{PolicyEngine, PolicyError, PolicyStore, RoleRepo};
pub use snapshot::{PolicySnapshot, SnapshotBuilder};

use std::fmt;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::{OrganizationId, RoleId};
use crate::text::{RoleDescription, RoleName};
use crate::wire_enum;

/// The revision of an organization's policy: grows by one with every write
/// that can change a decision, in the transaction of that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct PolicyRevision(i64);

impl PolicyRevision {
    /// Takes a revision from the store or from a client.
    pub fn new(value: i64) -> Self {
        Self(value)
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for PolicyRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

wire_enum! {
    /// The roles that the service makes and nobody renames or deletes.
    SystemRole {
        /// RootOrg's admin role: every permission.
        SuperAdmin = "super_admin",
        /// A tenant's admin role, named `org_{id}_admin`.
        OrganizationAdmin = "organization_admin",
        /// What self-registered users get.
        Member = "member",
    }
}

impl SystemRole {
    /// The admin role of an organization.
    pub fn admin_of(kind: crate::organizations::OrganizationKind) -> Self {
        match kind {
            crate::organizations::OrganizationKind::Root => Self::SuperAdmin,
            crate::organizations::OrganizationKind::Tenant => Self::OrganizationAdmin,
        }
    }

    /// The role's name in an organization.
    pub fn name_in(self, organization: OrganizationId) -> RoleName {
        let name = match self {
            Self::OrganizationAdmin => format!("org_{organization}_admin"),
            Self::SuperAdmin | Self::Member => self.as_str().to_owned(),
        };
        RoleName::from_stored(name)
    }

    /// What the role is for.
    pub fn description(self) -> RoleDescription {
        let text = match self {
            Self::SuperAdmin => "Full access to the platform",
            Self::OrganizationAdmin => "Full access to the organization",
            Self::Member => "Basic access of a member",
        };
        RoleDescription::from_stored(text.to_owned())
    }

    /// The permissions that the role has at least.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |p| match self {
            Self::SuperAdmin => true,
            Self::OrganizationAdmin => p.set() == PermissionSet::Organization,
            Self::Member => matches!(
                p,
                Permission::SupportTicketCreate
                    | Permission::SupportTicketRead
                    | Permission::SupportComment
                    | Permission::FeedbackCreate
            ),
        })
    }
}

/// A role that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRole {
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its name, unique by key in the organization.
    pub name: RoleName,
    /// What it is for.
    pub description: Option<RoleDescription>,
    /// Which system role it is; `None`: one that the organization made.
    pub system: Option<SystemRole>,
    /// When it is made.
    pub created_at: Timestamp,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its name.
    pub name: RoleName,
    /// Which system role it is; `None`: one that the organization made.
    pub system: Option<SystemRole>,
}
