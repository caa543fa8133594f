//! Roles and permissions on the wire.

use auth_application::rbac::{RoleChanges, RoleDraft};
use auth_domain::ids::{PermissionId, RoleId};
use auth_domain::rbac::{CatalogueEntry, PermissionName, RoleWithPermissions};
use auth_domain::text::{PermissionDescription, RoleDescription, RoleName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::WireTime;
use crate::input::{Fields, FromFields, id, text};

pub(super) struct RoleInput(pub(super) RoleDraft);

impl FromFields for RoleInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.required("role_name", text(RoleName::parse));
        let description = fields.optional("role_description", text(RoleDescription::parse));
        Some(Self(RoleDraft {
            name: name?,
            description: description?,
        }))
    }
}

pub(super) struct RoleChangesInput(pub(super) RoleChanges);

impl FromFields for RoleChangesInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.optional("role_name", text(RoleName::parse));
        let description = fields.optional("role_description", text(RoleDescription::parse));
        Some(Self(RoleChanges {
            name: name?,
            description: description?,
        }))
    }
}

pub(super) struct PermissionInput {
    pub(super) name: PermissionName,
    pub(super) description: Option<PermissionDescription>,
}

impl FromFields for PermissionInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.required("permission_name", text(PermissionName::parse));
        let parse = text(PermissionDescription::parse);
        let description = fields.optional("permission_description", parse);
        Some(Self {
            name: name?,
            description: description?,
        })
    }
}

pub(super) struct GrantInput(pub(super) PermissionId);

impl FromFields for GrantInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        fields.required("permission_id", id).map(Self)
    }
}

pub(super) struct AssignmentInput(pub(super) RoleId);

impl FromFields for AssignmentInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        fields.required("role_id", id).map(Self)
    }
}

/// A role to make.
#[derive(ToSchema)]
#[schema(example = json!({"role_name": "Editor", "role_description": "Writes documents"}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct NewRole {
    /// Unique in the organization; the names of system roles are reserved.
    #[schema(min_length = 1, max_length = 50)]
    role_name: String,
    #[schema(max_length = 255)]
    role_description: Option<String>,
}

/// Changes of a role; what is absent or null stays as it is.
#[derive(ToSchema)]
#[schema(example = json!({"role_description": "Writes and publishes documents"}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct RolePatch {
    #[schema(min_length = 1, max_length = 50)]
    role_name: Option<String>,
    #[schema(max_length = 255)]
    role_description: Option<String>,
}

/// A permission to add to the catalogue.
#[derive(ToSchema)]
#[schema(example = json!({"permission_name": "doc.publish"}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct NewPermission {
    /// Unique over the platform, compared exactly.
    #[schema(min_length = 1, max_length = 50)]
    permission_name: String,
    #[schema(max_length = 255)]
    permission_description: Option<String>,
}

/// A permission to grant.
#[derive(ToSchema)]
#[schema(example = json!({"permission_id": 6}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct Grant {
    #[schema(minimum = 1)]
    permission_id: i64,
}

/// A role to give.
#[derive(ToSchema)]
#[schema(example = json!({"role_id": 5}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct Assignment {
    #[schema(minimum = 1)]
    role_id: i64,
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
