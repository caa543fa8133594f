//! The one answer for everything that goes wrong: a problem document
//! (RFC 9457), with the code that clients switch on.

mod document;
mod edge_code;
mod failure;
mod limit;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use actix_web::http::header;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use auth_application::error::{ErrorKind, Infrastructure, UseCaseError};
use auth_domain::rbac::{PolicyError, PolicyRevision};
use auth_domain::security::RateLimited;
use auth_domain::validation::FieldError;

use crate::headers::POLICY_REVISION;

pub(crate) use document::Document;
use document::{Detail, FieldErrorBody};
pub use edge_code::EdgeCode;
pub use failure::{Entry, Failure};

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Something that went wrong, ready to be answered.
///
/// What is shown is the code, its status and its title; the cause is kept for
/// the log only.
#[derive(Debug)]
pub struct Problem {
    code: &'static str,
    status: StatusCode,
    title: Cow<'static, str>,
    errors: Box<[FieldError]>,
    challenge: Option<&'static str>,
    extra: Option<Box<Extra>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What an answer says in headers of its own.
#[derive(Debug)]
enum Extra {
    /// The methods that the path knows.
    Allow(String),
    /// When to come again.
    Limited(RateLimited),
    /// The revision that the policy has.
    Revision(PolicyRevision),
}

impl Problem {
    /// What a request broke, field by field: 422.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::from(EdgeCode::ValidationError);
        problem.errors = errors.into();
        problem
    }

    /// The path is known, the method is not: 405 with `Allow`.
    pub fn method_not_allowed(allowed: &[Method]) -> Self {
        let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
        let mut problem = Self::from(EdgeCode::MethodNotAllowed);
        problem.extra = Some(Box::new(Extra::Allow(names.join(", "))));
        problem
    }

    /// A defect of ours: 500. The source goes to the log and nowhere else.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut problem = Self::from(EdgeCode::InternalError);
        problem.source = Some(source.into());
        problem
    }

    /// The same problem about a bearer token that was shown and does not hold
    /// (RFC 6750, section 3.1). Only a 401 says so.
    #[must_use]
    pub fn about_token(mut self) -> Self {
        if self.status == StatusCode::UNAUTHORIZED {
            self.challenge = Some(r#"Bearer error="invalid_token""#);
        }
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The document.
    pub fn body(&self, request_id: Option<&str>) -> Vec<u8> {
        let errors: Vec<FieldErrorBody<'_>> = self.errors.iter().map(Into::into).collect();
        let document = Document {
            kind: format!("urn:auth-microservice:problem:{}", self.code),
            title: &self.title,
            status: self.status.as_u16(),
            code: self.code,
            detail: if errors.is_empty() {
                Detail::Code(self.code)
            } else {
                Detail::Errors(&errors)
            },
            request_id,
            errors: (!errors.is_empty()).then_some(&errors),
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl StdError for Problem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Without the request id, which only the edge knows and adds.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.content_type(PROBLEM_JSON);
        if let Some(challenge) = self.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        match self.extra.as_deref() {
            Some(Extra::Allow(methods)) => {
                response.insert_header((header::ALLOW, methods.as_str()));
            }
            Some(Extra::Revision(revision)) => {
                response.insert_header((POLICY_REVISION, revision.get()));
            }
            Some(Extra::Limited(_)) | None => {}
        }
        if self.code == EdgeCode::UnsupportedCoding.code() {
            response.insert_header((header::ACCEPT_ENCODING, "identity"));
        }
        if self.code == EdgeCode::Busy.code() {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        let mut response = response.body(self.body(None));
        if let Some(Extra::Limited(refusal)) = self.extra.as_deref() {
            limit::headers(refusal, response.headers_mut());
        }
        response
    }
}

impl From<EdgeCode> for Problem {
    fn from(code: EdgeCode) -> Self {
        let status = code.status();
        let challenge = match code {
            EdgeCode::InvalidToken => Some(r#"Bearer error="invalid_token""#),
            EdgeCode::InvalidAuthorizationHeader => Some(r#"Bearer error="invalid_request""#),
            _ => bare_challenge(status),
        };
        Self {
            code: code.code(),
            status,
            title: Cow::Borrowed(code.title()),
            errors: Box::default(),
            challenge,
            extra: None,
            source: None,
        }
    }
}

impl<E: UseCaseError> From<E> for Problem {
    fn from(error: E) -> Self {
        let Entry {
            code,
            status,
            title,
        } = error.entry();
        Self {
            code,
            status,
            title,
            errors: Box::default(),
            challenge: bare_challenge(status),
            extra: extra(&error).map(Box::new),
            source: Some(Box::new(error)),
        }
    }
}

fn extra(error: &impl UseCaseError) -> Option<Extra> {
    match error.infrastructure()? {
        Infrastructure::Limited(refusal) => Some(Extra::Limited(*refusal)),
        Infrastructure::Policy(PolicyError::UnknownRevision { current }) => {
            Some(Extra::Revision(*current))
        }
        _ => None,
    }
}

/// RFC 9110, section 15.5.2: a 401 names a challenge.
fn bare_challenge(status: StatusCode) -> Option<&'static str> {
    (status == StatusCode::UNAUTHORIZED).then_some("Bearer")
}

/// The status of each class of error.
fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::BadRequest => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Busy | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests;
