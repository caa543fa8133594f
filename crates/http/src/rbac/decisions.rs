//! Decisions, for this service's users and for other services.

use auth_application::access::AccessError;
use auth_application::rbac::{Decision, DecisionError, Question};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{Explanation, Missing, PermissionName, PolicyRevision, Reason};
use auth_http_kit::access::{CheckCaller, Permit, perm};
use auth_http_kit::answer::{Answer, Json};
use auth_http_kit::describe::Schemas;
use auth_http_kit::input::{
    Flag, Id, JsonBody, List, PathId, Query, Refusals, State, Text, WireValue, Word,
    integer_between,
};
use auth_http_kit::problem::EdgeCode;
use auth_http_kit::routing::Route;
use auth_http_kit::{routes, wire_object};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::scope::OfOrganization;

/// The most checks of one request.
const MAX_CHECKS: usize = 1_000;

/// What an allow lacks, in answers.
type MissingWord = Word<Missing>;

pub(super) fn routes() -> Vec<Route> {
    routes!["rbac";
        check.quiet().fails(&[&EdgeCode::RevisionUnknown]),
        check_batch.quiet().fails(&[&EdgeCode::RevisionUnknown]),
        user_permissions,
        effective_permissions.fails(&[
            &AccessError::OrganizationNotFound,
            &DecisionError::UserNotFound,
        ]),
    ]
}

/// Whether a user may do something in an organization. What does not exist is
/// not allowed.
///
/// For services with the internal secret, for users about themselves, with
/// `role.read` about their organization.
#[utoipa::path(post, path = "/rbac/check")]
async fn check(
    caller: CheckCaller,
    state: State,
    JsonBody(body): JsonBody<Check>,
) -> Answer<Json<DecisionBody>> {
    let question = body.question();
    if body.explain.unwrap_or_default() {
        let explained = state.app.decisions.explain(&caller, question).await?;
        return Ok(Json(explained.into()));
    }
    let decision = state.app.decisions.check(&caller, question).await?;
    Ok(Json(decision.into()))
}

/// Answers up to 1,000 checks about one organization, in order, all at one
/// policy revision. For the callers of the check: a user without `role.read`
/// asks about itself only.
#[utoipa::path(post, path = "/rbac/check/batch")]
async fn check_batch(
    caller: CheckCaller,
    state: State,
    JsonBody(body): JsonBody<CheckBatch>,
) -> Answer<Json<BatchAnswer>> {
    let (organization, at_least) = (body.organization_id, body.at_least_revision);
    let answered = state
        .app
        .decisions
        .check_all(&caller, organization, at_least, &body.checks)
        .await?;
    let results = answered.allowed.into_iter();
    Ok(Json(BatchAnswer {
        revision: answered.revision.get(),
        results: results.map(|allowed| BatchResult { allowed }).collect(),
    }))
}

/// Everything that a user may do in an organization, sorted. For the callers
/// of the check.
#[utoipa::path(get, path = "/rbac/users/{user_id}/permissions")]
async fn user_permissions(
    caller: CheckCaller,
    state: State,
    PathId(user): PathId<UserId>,
    Query(organization): Query<InOrganization>,
) -> Answer<Json<PermissionsBody>> {
    let permissions = state
        .app
        .decisions
        .permissions_of(&caller, organization, user);
    let permissions = permissions.await?;
    Ok(Json(PermissionsBody { permissions }))
}

/// Everything that a user of one's organization may do, sorted; for the
/// platform also of another one.
#[utoipa::path(get, path = "/v1/rbac/effective/{user_id}")]
async fn effective_permissions(
    caller: Permit<perm::RoleRead>,
    state: State,
    PathId(user): PathId<UserId>,
    Query(organization): Query<OfOrganization>,
) -> Answer<Json<PermissionsBody>> {
    let effective = state.app.decisions.effective(&caller, organization, user);
    let permissions = effective.await?;
    Ok(Json(PermissionsBody { permissions }))
}

wire_object! {
    /// A question.
    #[example({"user_id": 7, "organization_id": 3, "permission": "user.read"})]
    struct Check {
        user_id: required Id<UserId>,
        organization_id: required Id<OrganizationId>,
        /// The exact name of the permission.
        permission: required Text<PermissionName>,
        /// Whether the answer says why.
        explain: optional Flag,
        /// The policy revision that the answer must not be older than, as a write
        /// answered it: 409 `revision_unknown` where the policy never had it.
        at_least_revision: optional Revision,
    }
}

impl Check {
    fn question(&self) -> Question<'_> {
        Question {
            organization: self.organization_id,
            at_least: self.at_least_revision,
            user: self.user_id,
            permission: self.permission.as_str(),
        }
    }
}

/// A policy revision.
struct Revision;

impl WireValue for Revision {
    type Read = PolicyRevision;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<PolicyRevision> {
        integer_between(0, i64::MAX)(value, refusals).map(PolicyRevision::new)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        json!({"type": "integer", "format": "int64", "minimum": 0})
    }
}

/// `false`, or nothing.
struct NotExplained;

impl WireValue for NotExplained {
    type Read = ();

    fn read(value: &Value, refusals: &mut Refusals) -> Option<()> {
        if Flag::read(value, refusals)? {
            return refusals.refuse("value_error", "Ask for one check: a batch is not explained");
        }
        Some(())
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        json!({"type": "boolean", "enum": [false]})
    }
}

wire_object! {
    /// Questions about one organization.
    #[example({
        "organization_id": 3,
        "checks": [
            {"user_id": 7, "permission": "user.read"},
            {"user_id": 8, "permission": "user.read"}
        ]
    })]
    struct CheckBatch {
        organization_id: required Id<OrganizationId>,
        /// The policy revision that the answer must not be older than.
        at_least_revision: optional Revision,
        checks: required List<BatchCheck, 1, MAX_CHECKS>,
        /// Reasons are for single checks: `true` is refused.
        explain: optional NotExplained,
    }
}

wire_object! {
    /// One of the questions.
    struct BatchCheck => (UserId, String), by batch_check {
        user_id: required Id<UserId>,
        /// The exact name of the permission.
        permission: required Text<PermissionName>,
    }
}

fn batch_check(body: BatchCheck) -> (UserId, String) {
    let BatchCheck {
        user_id,
        permission,
    } = body;
    (user_id, permission.as_str().to_owned())
}

wire_object! {
    /// The organization to ask about.
    #[example({"organization_id": 3})]
    struct InOrganization => OrganizationId, by organization {
        /// The organization to ask about.
        organization_id: required Id<OrganizationId>,
    }
}

fn organization(InOrganization { organization_id }: InOrganization) -> OrganizationId {
    organization_id
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
    /// The first thing that an allow lacks.
    missing: Option<MissingWord>,
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
                missing: Some(Word(missing)),
            },
        }
    }
}

/// Names of permissions, sorted.
#[derive(Serialize, ToSchema)]
#[schema(as = PermissionNames, example = json!({"permissions": ["user.invite", "user.read"]}))]
struct PermissionsBody {
    permissions: Vec<String>,
}
