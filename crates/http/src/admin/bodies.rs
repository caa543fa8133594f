//! What operators read.

use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{PermissionOverview, RoleOverview, UserOverview};
use auth_http_kit::input::Word;
use serde::Serialize;
use utoipa::ToSchema;

use crate::users::UserStatusWord;

/// How many organizations were looked after.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"organizations_seeded": 12}))]
pub(super) struct Seeded {
    pub(super) organizations_seeded: u64,
}

/// What became of the caches.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "invalidated"}))]
pub(super) struct Invalidated {
    pub(super) status: &'static str,
}

/// The policy of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = RbacSnapshot, example = json!({
    "organization_id": 3,
    "roles": [{
        "role_id": 5, "role_name": "Editor", "role_description": null,
        "permissions": [{
            "permission_id": 6, "permission_name": "user.read",
            "permission_description": "Read users"
        }],
        "users": [{
            "user_id": 7, "username": "ana", "first_name": "Ana", "last_name": null,
            "status": "active"
        }]
    }]
}))]
pub(super) struct SnapshotBody {
    organization_id: i64,
    /// By name.
    roles: Vec<RoleBody>,
}

impl SnapshotBody {
    pub(super) fn new(organization: OrganizationId, roles: Vec<RoleOverview>) -> Self {
        Self {
            organization_id: organization.get(),
            roles: roles.into_iter().map(Into::into).collect(),
        }
    }
}

/// A role with what it grants and who holds it.
#[derive(Serialize, ToSchema)]
#[schema(as = RoleSnapshot)]
struct RoleBody {
    role_id: i64,
    role_name: String,
    role_description: Option<String>,
    /// By name.
    permissions: Vec<PermissionBody>,
    /// By username.
    users: Vec<UserBody>,
}

impl From<RoleOverview> for RoleBody {
    fn from(role: RoleOverview) -> Self {
        Self {
            role_id: role.id.get(),
            role_name: role.name.into(),
            role_description: role.description.map(Into::into),
            permissions: role.permissions.into_iter().map(Into::into).collect(),
            users: role.users.into_iter().map(Into::into).collect(),
        }
    }
}

/// What a role grants.
#[derive(Serialize, ToSchema)]
#[schema(as = PermissionSnapshot)]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
struct PermissionBody {
    permission_id: i64,
    permission_name: String,
    permission_description: Option<String>,
}

impl From<PermissionOverview> for PermissionBody {
    fn from(permission: PermissionOverview) -> Self {
        Self {
            permission_id: permission.id.get(),
            permission_name: permission.name.as_str().to_owned(),
            permission_description: permission.description.map(Into::into),
        }
    }
}

/// Who holds a role.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSnapshot)]
struct UserBody {
    user_id: i64,
    username: String,
    first_name: String,
    last_name: Option<String>,
    status: UserStatusWord,
}

impl From<UserOverview> for UserBody {
    fn from(user: UserOverview) -> Self {
        Self {
            user_id: user.id.get(),
            username: user.username.into(),
            first_name: user.first_name.into(),
            last_name: user.last_name.map(Into::into),
            status: Word(user.status),
        }
    }
}
