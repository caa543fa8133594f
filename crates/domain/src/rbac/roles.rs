//! Roles, and which of them the service makes itself.

use super::{Permission, PermissionName, PermissionSet};
use crate::clock::Timestamp;
use crate::ids::{OrganizationId, PermissionId, RoleId};
use crate::organizations::OrganizationKind;
use crate::text::{RoleDescription, RoleName};
use crate::wire_enum;

wire_enum! {
    /// The roles that the service makes. No caller renames them, deletes them or
    /// grants them anything.
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
    pub fn admin_of(kind: OrganizationKind) -> Self {
        match kind {
            OrganizationKind::Root => Self::SuperAdmin,
            OrganizationKind::Tenant => Self::OrganizationAdmin,
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

    /// Whether a name is kept for system roles, of whichever organization:
    /// another role must not be taken for one.
    pub fn reserves(name: &RoleName) -> bool {
        let key = name.key();
        let key = key.as_str();
        let id = key
            .strip_prefix("org_")
            .and_then(|rest| rest.strip_suffix("_admin"));
        let of_organization =
            id.is_some_and(|id| !id.is_empty() && id.bytes().all(|c| c.is_ascii_digit()));
        of_organization
            || [Self::SuperAdmin, Self::Member]
                .map(Self::as_str)
                .contains(&key)
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
    /// What it is for.
    pub description: Option<RoleDescription>,
    /// Which system role it is; `None`: one that the organization made.
    pub system: Option<SystemRole>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name or description last changed.
    pub updated_at: Timestamp,
}

/// A role with what it grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleWithPermissions {
    /// The role.
    pub role: Role,
    /// Its permissions, ascending.
    pub permissions: Vec<PermissionId>,
}

/// A permission that a role grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedPermission {
    /// Its id in the catalogue.
    pub id: PermissionId,
    /// Its name.
    pub name: PermissionName,
}

/// A role with what it grants, by name too: what rules judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleWithGrants {
    /// The role.
    pub role: Role,
    /// What it grants, by ascending id.
    pub grants: Vec<GrantedPermission>,
}

impl RoleWithGrants {
    /// The names of what it grants, sorted.
    pub fn names(&self) -> Vec<PermissionName> {
        let mut names: Vec<_> = self.grants.iter().map(|grant| grant.name.clone()).collect();
        names.sort_unstable();
        names
    }
}

impl From<RoleWithGrants> for RoleWithPermissions {
    fn from(found: RoleWithGrants) -> Self {
        Self {
            role: found.role,
            permissions: found.grants.into_iter().map(|grant| grant.id).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_system_roles_are_kept_in_every_organization_and_writing() {
        for name in [
            "super_admin",
            "Member",
            "org_3_admin",
            "ORG_77_Admin",
            "ｍember",
        ] {
            assert!(
                SystemRole::reserves(&RoleName::parse(name).unwrap()),
                "{name}"
            );
        }
        for name in [
            "admin",
            "members",
            "org__admin",
            "org_x_admin",
            "org_3_admins",
        ] {
            assert!(
                !SystemRole::reserves(&RoleName::parse(name).unwrap()),
                "{name}"
            );
        }
        for role in SystemRole::ALL {
            let id = OrganizationId::new(4_711).unwrap();
            assert!(SystemRole::reserves(&role.name_in(id)));
        }
    }
}
