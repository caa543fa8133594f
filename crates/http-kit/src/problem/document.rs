//! The problem document (RFC 9457) as it is sent, which is also its schema.

use auth_domain::validation::{FieldError, Loc};
use serde::Serialize;
use utoipa::ToSchema;

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "urn:auth-microservice:problem:forbidden",
    "title": "The caller may not do this",
    "status": 403,
    "code": "forbidden",
    "detail": "forbidden",
    "request_id": "0b9f6d0c4e1d4f53000000000000002a"
}))]
pub(crate) struct Document<'a> {
    /// A name of the kind of problem.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The kind of problem, for a person.
    pub(super) title: &'a str,
    /// The HTTP status.
    pub(super) status: u16,
    /// The stable code that clients switch on. New ones are no break.
    pub(super) code: &'static str,
    #[schema(inline)]
    pub(super) detail: Detail<'a>,
    /// The request id, as in `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = true, nullable = false)]
    pub(super) request_id: Option<&'a str>,
    /// What is wrong with which field; with code `validation_error` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) errors: Option<&'a [FieldErrorBody<'a>]>,
}

/// Repeats the code; of code `validation_error` it repeats `errors`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Detail<'a> {
    Code(&'static str),
    Errors(&'a [FieldErrorBody<'a>]),
}

/// One refused value. It never repeats the value.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldError, example = json!({
    "loc": ["body", "username"],
    "type": "string_too_short",
    "msg": "must have at least 3 characters"
}))]
pub(crate) struct FieldErrorBody<'a> {
    /// The path to the value: names and array indexes.
    #[schema(inline)]
    loc: Vec<LocBody<'a>>,
    /// The rule, as a stable word.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The rule, for a person.
    msg: &'a str,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum LocBody<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> From<&'a FieldError> for FieldErrorBody<'a> {
    fn from(error: &'a FieldError) -> Self {
        let loc = error.loc.iter().map(|loc| match loc {
            Loc::Name(name) => LocBody::Name(name),
            Loc::Index(index) => LocBody::Index(*index),
        });
        Self {
            loc: loc.collect(),
            kind: error.kind,
            msg: &error.msg,
        }
    }
}
