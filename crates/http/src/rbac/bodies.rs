//! Roles and permissions on the wire.

use auth_application::rbac::{RoleChanges, RoleDraft};
use auth_domain::ids::{PermissionId, RoleId};
use auth_domain::rbac::{CatalogueEntry, PermissionName, RoleWithPermissions};
use auth_domain::text::{PermissionDescription, RoleDescription, RoleName};
use auth_http_kit::answer::WireTime;
use auth_http_kit::input::{Id, Text};
use auth_http_kit::wire_object;
use serde::Serialize;
use utoipa::ToSchema;

wire_object! {
    /// A role to make.
    #[example({"role_name": "Editor", "role_description": "Writes documents"})]
    pub(super) struct NewRole => RoleDraft, by role_draft {
        /// Unique in the organization; the names of system roles are reserved.
        role_name: required Text<RoleName>,
        role_description: optional Text<RoleDescription>,
    }
}

fn role_draft(body: NewRole) -> RoleDraft {
    RoleDraft {
        name: body.role_name,
        description: body.role_description,
    }
}

wire_object! {
    /// Changes of a role; what is absent stays as it is.
    #[example({"role_description": "Writes and publishes documents"})]
    pub(super) struct RolePatch => RoleChanges, by role_changes {
        /// Null stays as it is.
        role_name: optional Text<RoleName>,
        /// Null clears it.
        role_description: change Text<RoleDescription>,
    }
}

fn role_changes(body: RolePatch) -> RoleChanges {
    RoleChanges {
        name: body.role_name,
        description: body.role_description,
    }
}

wire_object! {
    /// A permission to add to the catalogue.
    #[example({"permission_name": "doc.publish"})]
    pub(super) struct NewPermission {
        /// Unique over the platform, compared exactly.
        pub(super) permission_name: required Text<PermissionName>,
        pub(super) permission_description: optional Text<PermissionDescription>,
    }
}

wire_object! {
    /// A permission to grant.
    #[example({"permission_id": 6})]
    pub(super) struct Grant {
        pub(super) permission_id: required Id<PermissionId>,
    }
}

wire_object! {
    /// A role to give.
    #[example({"role_id": 5})]
    pub(super) struct Assignment {
        pub(super) role_id: required Id<RoleId>,
    }
}

/// A role.
#[derive(Serialize, ToSchema)]
#[schema(as = Role, example = json!({
    "role_id": 5, "organization_id": 3, "role_name": "Editor",
    "role_description": "Writes documents", "permissions": [6, 48],
    "created_at": "2026-11-23T22:35:04.365951Z", "updated_at": "2026-11-23T22:35:04.365951Z"
}))]
pub(super) struct RoleBody {
    role_id: i64,
    organization_id: i64,
    role_name: String,
    role_description: Option<String>,
    /// The ids of what it grants, ascending.
    permissions: Vec<i64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: WireTime,
    #[schema(value_type = String, format = DateTime)]
    updated_at: WireTime,
}

impl From<RoleWithPermissions> for RoleBody {
    fn from(found: RoleWithPermissions) -> Self {
        let role = found.role;
        let permissions = found.permissions.into_iter();
        Self {
            role_id: role.id.get(),
            organization_id: role.organization_id.get(),
            role_name: role.name.into(),
            role_description: role.description.map(Into::into),
            permissions: permissions.map(PermissionId::get).collect(),
            created_at: WireTime(role.created_at),
            updated_at: WireTime(role.updated_at),
        }
    }
}

/// A permission.
#[derive(Serialize, ToSchema)]
#[schema(as = Permission, example = json!({
    "permission_id": 6, "permission_name": "user.read", "permission_description": "Read users",
    "created_at": "2026-11-23T22:35:04.365951Z"
}))]
pub(super) struct PermissionBody {
    permission_id: i64,
    permission_name: String,
    permission_description: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: WireTime,
}

impl From<CatalogueEntry> for PermissionBody {
    fn from(entry: CatalogueEntry) -> Self {
        Self {
            permission_id: entry.id.get(),
            permission_name: entry.name.as_str().to_owned(),
            permission_description: entry.description.map(Into::into),
            created_at: WireTime(entry.created_at),
        }
    }
}
