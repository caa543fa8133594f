//! Decisions, for this service's users and for other services.

use auth_application::rbac::{Decision, Question};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{Explanation, PolicyRevision, Reason};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{OfOrganization, OfOrganizationInput};
use crate::access::{CheckCaller, Permit, perm};
use crate::answer::{Answer, ok};
use crate::input::{
    Fields, FromFields, JsonBody, PathId, Query, Refusals, State, boolean, id, integer, line, list,
    read_object,
};
use crate::routing::{Route, route};

/// The most checks of one request.
const MAX_CHECKS: usize = 1_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        route::<__path_check, _, _>(check).quiet(),
        route::<__path_check_batch, _, _>(check_batch).quiet(),
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
    let question = body.question();
    if body.explain.unwrap_or_default() {
        let explained = state.decisions.explain(caller.actor(), question).await?;
        return ok(&DecisionBody::from(explained));
    }
    let decision = state.decisions.check(caller.actor(), question).await?;
    ok(&DecisionBody::from(decision))
}

/// Answers up to 1,000 checks about one organization, in order, all at one
/// policy revision. For the callers of the check: a user without `role.read`
/// asks about itself only.
#[utoipa::path(post, path = "/rbac/check/batch", tag = "rbac", request_body = BatchBody,
    responses((status = 200, body = BatchAnswer)))]
async fn check_batch(
    caller: CheckCaller,
    state: State,
    JsonBody(body): JsonBody<BatchBody>,
) -> Answer {
    let (organization, at_least) = (body.organization_id, body.at_least_revision);
    let checks: Vec<(UserId, String)> = body.checks.into_iter().map(Into::into).collect();
    let answered = state
        .decisions
        .check_all(caller.actor(), organization, at_least, &checks)
        .await?;
    let results = answered.allowed.into_iter();
    ok(&BatchAnswer {
        revision: answered.revision.get(),
        results: results.map(|allowed| BatchResult { allowed }).collect(),
    })
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
    /// Whether the answer says why.
    explain: Option<bool>,
    /// The policy revision that the answer must not be older than, as a write
    /// answered it: 503 `policy_unavailable` where that cannot be shown.
    #[schema(value_type = Option<i64>, minimum = 0)]
    at_least_revision: Option<PolicyRevision>,
}

impl CheckBody {
    fn question(&self) -> Question<'_> {
        Question {
            organization: self.organization_id,
            at_least: self.at_least_revision,
            user: self.user_id,
            permission: &self.permission,
        }
    }
}

impl FromFields for CheckBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let user_id = fields.required("user_id", id);
        let organization_id = fields.required("organization_id", id);
        let permission = fields.required("permission", line);
        let explain = fields.optional("explain", boolean);
        let at_least_revision = fields.optional("at_least_revision", revision);
        Some(Self {
            user_id: user_id?,
            organization_id: organization_id?,
            permission: permission?,
            explain: explain?,
            at_least_revision: at_least_revision?,
        })
    }
}

/// A policy revision.
fn revision(value: &Value, refusals: &mut Refusals) -> Option<PolicyRevision> {
    let number = integer(value, refusals)?;
    if number < 0 {
        return refusals.refuse("greater_than_equal", "Input should be at least 0");
    }
    Some(PolicyRevision::new(number))
}

/// Questions about one organization.
#[derive(ToSchema)]
#[schema(as = CheckBatch, example = json!({
    "organization_id": 3,
    "checks": [{"user_id": 7, "permission": "user.read"}, {"user_id": 8, "permission": "user.read"}]
}))]
struct BatchBody {
    #[schema(value_type = i64, minimum = 1)]
    organization_id: OrganizationId,
    /// The policy revision that the answer must not be older than.
    #[schema(value_type = Option<i64>, minimum = 0)]
    at_least_revision: Option<PolicyRevision>,
    #[schema(min_items = 1, max_items = 1_000)]
    checks: Vec<BatchCheck>,
}

impl FromFields for BatchBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let organization_id = fields.required("organization_id", id);
        let at_least_revision = fields.optional("at_least_revision", revision);
        let checks = fields.required("checks", checks);
        Some(Self {
            organization_id: organization_id?,
            at_least_revision: at_least_revision?,
            checks: checks?,
        })
    }
}

fn checks(value: &Value, refusals: &mut Refusals) -> Option<Vec<BatchCheck>> {
    let checks = list(MAX_CHECKS, read_object)(value, refusals)?;
    if checks.is_empty() {
        return refusals.refuse("too_short", "List should have at least 1 item");
    }
    Some(checks)
}

/// One of the questions.
#[derive(ToSchema)]
struct BatchCheck {
    #[schema(value_type = i64, minimum = 1)]
    user_id: UserId,
    /// The exact name of the permission.
    permission: String,
}

impl FromFields for BatchCheck {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let user_id = fields.required("user_id", id);
        let permission = fields.required("permission", line);
        Some(Self {
            user_id: user_id?,
            permission: permission?,
        })
    }
}

impl From<BatchCheck> for (UserId, String) {
    fn from(check: BatchCheck) -> Self {
        (check.user_id, check.permission)
    }
}

/// The answers, in the order of the checks.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"revision": 42, "results": [{"allowed": true}, {"allowed": false}]}))]
struct BatchAnswer {
    /// The policy revision that all answers rest on; 0 for an organization
    /// that does not exist.
    revision: i64,
    results: Vec<BatchResult>,
}

/// One answer.
#[derive(Serialize, ToSchema)]
struct BatchResult {
    allowed: bool,
}

/// An answer.
#[derive(Serialize, ToSchema)]
#[schema(as = Decision, example = json!({"allowed": true, "revision": 42}))]
struct DecisionBody {
    allowed: bool,
    /// The policy revision that the answer rests on; 0 for an organization
    /// that does not exist.
    revision: i64,
    /// Why, where the question asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<ReasonBody>,
}

impl From<Decision> for DecisionBody {
    fn from(decision: Decision) -> Self {
        Self {
            allowed: decision.allowed,
            revision: decision.revision.get(),
            reason: None,
        }
    }
}

impl From<Explanation> for DecisionBody {
    fn from(explained: Explanation) -> Self {
        Self {
            allowed: explained.allowed,
            revision: explained.revision.get(),
            reason: Some(explained.reason.into()),
        }
    }
}

/// Why a decision is what it is.
#[derive(Serialize, ToSchema)]
#[schema(as = DecisionReason, example = json!({
    "path": ["user:7", "role:5"], "rule": ["role:5", "user.read", "org:3", "access"],
    "missing": null
}))]
struct ReasonBody {
    /// How the user comes to the rule; empty where nothing allows.
    path: Vec<String>,
    /// The Casbin rule that allows: subject, object, domain, action.
    rule: Option<Vec<String>>,
    /// The first thing that an allow lacks: `organization`,
    /// `active_organization`, `user`, `active_user`, `role` or `grant`.
    missing: Option<&'static str>,
}

impl From<Reason> for ReasonBody {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Granted { path, rule } => Self {
                path,
                rule: Some(rule),
                missing: None,
            },
            Reason::Lacking(missing) => Self {
                path: Vec::new(),
                rule: None,
                missing: Some(missing.as_str()),
            },
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
