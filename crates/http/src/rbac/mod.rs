//! Decisions, for this service's users and for other services.

use auth_application::rbac::Decision;
use auth_domain::ids::{OrganizationId, UserId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::access::{CheckCaller, Permit, perm};
use crate::answer::{Answer, ok};
use crate::input::{Fields, FromFields, JsonBody, PathId, Query, State, id, line};
use crate::routing::{Route, route};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::<__path_check, _, _>(check).quiet(),
        route::<__path_user_permissions, _, _>(user_permissions),
        route::<__path_effective_permissions, _, _>(effective_permissions)
            .fails(&["user_not_found", "organization_not_found"]),
    ]
}

/// Whether a user may do something in an organization. What does not exist is
/// not allowed.
///
/// For services with the internal secret, for users about themselves, with
/// `role.read` about their organization.
#[utoipa::path(post, path = "/rbac/check", tag = "rbac", request_body = CheckBody,
    responses((status = 200, body = DecisionBody)))]
async fn check(caller: CheckCaller, state: State, JsonBody(body): JsonBody<CheckBody>) -> Answer {
    let (organization, user) = (body.organization_id, body.user_id);
    let check = state
        .decisions
        .check(caller.actor(), organization, user, &body.permission);
    ok(&DecisionBody::from(check.await?))
}

/// Everything that a user may do in an organization, sorted. For the callers
/// of the check.
#[utoipa::path(get, path = "/rbac/users/{user_id}/permissions", tag = "rbac",
    params(("user_id" = i64, Path, minimum = 1, example = 7), InOrganization),
    responses((status = 200, body = PermissionsBody)))]
async fn user_permissions(
    caller: CheckCaller,
    state: State,
    PathId(user): PathId<UserId>,
    Query(InOrganizationInput(organization)): Query<InOrganizationInput>,
) -> Answer {
    let permissions = state
        .decisions
        .permissions_of(caller.actor(), organization, user);
    let permissions = permissions.await?;
    ok(&PermissionsBody { permissions })
}

/// Everything that a user of one's organization may do, sorted; for the
/// platform also of another one.
#[utoipa::path(get, path = "/v1/rbac/effective/{user_id}", tag = "rbac",
    params(("user_id" = i64, Path, minimum = 1, example = 7), OfOrganization),
    responses((status = 200, body = PermissionsBody)))]
async fn effective_permissions(
    caller: Permit<perm::RoleRead>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(OfOrganizationInput(organization)): Query<OfOrganizationInput>,
) -> Answer {
    let effective = state
        .decisions
        .effective(caller.principal(), organization, user);
    let permissions = effective.await?;
    ok(&PermissionsBody { permissions })
}

/// A question.
#[derive(ToSchema)]
#[schema(as = Check, example = json!({
    "user_id": 7, "organization_id": 3, "permission": "user.read"
}))]
struct CheckBody {
    #[schema(value_type = i64, minimum = 1)]
    user_id: UserId,
    #[schema(value_type = i64, minimum = 1)]
    organization_id: OrganizationId,
    /// The exact name of the permission.
    permission: String,
}

impl FromFields for CheckBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let user_id = fields.required("user_id", id);
        let organization_id = fields.required("organization_id", id);
        let permission = fields.required("permission", line);
        Some(Self {
            user_id: user_id?,
            organization_id: organization_id?,
            permission: permission?,
        })
    }
}

/// An answer.
#[derive(Serialize, ToSchema)]
#[schema(as = Decision, example = json!({"allowed": true, "revision": 42}))]
struct DecisionBody {
    allowed: bool,
    /// The policy revision that the answer rests on; 0 for an organization
    /// that does not exist.
    revision: i64,
}

impl From<Decision> for DecisionBody {
    fn from(decision: Decision) -> Self {
        Self {
            allowed: decision.allowed,
            revision: decision.revision.get(),
        }
    }
}

/// Names of permissions, sorted.
#[derive(Serialize, ToSchema)]
#[schema(as = Permissions, example = json!({"permissions": ["user.invite", "user.read"]}))]
struct PermissionsBody {
    permissions: Vec<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for OpenAPI")]
struct InOrganization {
    /// The organization to ask about.
    #[param(minimum = 1, example = 3)]
    organization_id: i64,
}

struct InOrganizationInput(OrganizationId);

impl FromFields for InOrganizationInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        fields.required("organization_id", id).map(Self)
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for OpenAPI")]
struct OfOrganization {
    /// The user's organization, for platform callers; absent: one's own.
    #[param(minimum = 1, example = 3)]
    organization_id: Option<i64>,
}

struct OfOrganizationInput(Option<OrganizationId>);

impl FromFields for OfOrganizationInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        fields.optional("organization_id", id).map(Self)
    }
}
