//! Answers: each type documents its own status, headers and body.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use auth_domain::clock::Timestamp;
use auth_domain::rbac::PolicyRevision;
use chrono::{SecondsFormat, Timelike as _};
use serde::{Serialize, Serializer};
use serde_json::json;
use utoipa::ToSchema;

use crate::describe::{CACHE_CONTROL, Description, POLICY_REVISION};
use crate::problem::Problem;

const JSON: &str = "application/json";

/// What a handler answers: something that documents itself, or a problem.
pub type Answer<R> = Result<R, Problem>;

/// An answer that is no problem.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no answer",
    note = "use `Json`, `Created`, `Accepted`, `NoContent`, `Written<_>`, `NoStore<_>` or `Listed`"
)]
pub trait Reply {
    /// Says which status, headers and body it has.
    fn describe(description: &mut Description);

    /// Sends it.
    ///
    /// # Errors
    /// If it cannot be written as JSON, which is a defect.
    fn send(self) -> Result<HttpResponse, Problem>;
}

/// A body with a status of its own: 200 for [`Json`], 201 for [`Created`], 202
/// for [`Accepted`].
macro_rules! json_answers {
    ($($(#[$doc:meta])* $name:ident $status:ident;)+) => {$(
        $(#[$doc])*
        pub struct $name<T>(pub T);

        impl<T: Serialize + ToSchema> Reply for $name<T> {
            fn describe(description: &mut Description) {
                describe_json::<T>(description, StatusCode::$status);
            }

            fn send(self) -> Result<HttpResponse, Problem> {
                json_response(StatusCode::$status, &self.0)
            }
        }
    )+};
}

json_answers! {
    /// 200 with a JSON body.
    Json OK;
    /// 201 with what was made.
    Created CREATED;
    /// 202 with what is being done.
    Accepted ACCEPTED;
}

/// A JSON body with a status.
///
/// # Errors
/// If it cannot be written as JSON, which is a defect.
pub fn json_response(status: StatusCode, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    Ok(HttpResponse::build(status).content_type(JSON).body(bytes))
}

/// Names a JSON answer: its schema says what it is.
pub fn describe_json<T: ToSchema>(description: &mut Description, status: StatusCode) {
    let schema = description.schemas().answer::<T>();
    let text = description.schemas().text_of(&T::name());
    description.success(status, &text);
    description.content(status, JSON, json!({"schema": schema}));
}

/// 204: nothing to show.
pub struct NoContent;

impl Reply for NoContent {
    fn describe(description: &mut Description) {
        description.success(StatusCode::NO_CONTENT, "Done; there is nothing to show.");
    }

    fn send(self) -> Result<HttpResponse, Problem> {
        Ok(HttpResponse::NoContent().finish())
    }
}

/// An answer of a policy write, with the revision that shows it.
pub struct Written<R> {
    revision: PolicyRevision,
    answer: R,
}

impl<R> Written<R> {
    /// The answer, and the organization's policy revision after the write.
    pub fn new(revision: PolicyRevision, answer: R) -> Self {
        Self { revision, answer }
    }
}

impl<R: Reply> Reply for Written<R> {
    fn describe(description: &mut Description) {
        R::describe(description);
        description.header(POLICY_REVISION);
    }

    fn send(self) -> Result<HttpResponse, Problem> {
        const NAME: HeaderName = HeaderName::from_static("x-policy-revision");
        let mut answer = self.answer.send()?;
        let value = HeaderValue::from(self.revision.get());
        answer.headers_mut().insert(NAME, value);
        Ok(answer)
    }
}

/// An answer with tokens in it, which no cache keeps (RFC 6749, section 5.1).
pub struct NoStore<R>(pub R);

impl<R: Reply> Reply for NoStore<R> {
    fn describe(description: &mut Description) {
        R::describe(description);
        description.header(CACHE_CONTROL);
    }

    fn send(self) -> Result<HttpResponse, Problem> {
        cached(self.0, "no-store")
    }
}

/// An answer that any cache may keep for five minutes (RFC 9111, section
/// 5.2.2).
pub struct FiveMinutes<R>(pub R);

impl<R: Reply> Reply for FiveMinutes<R> {
    fn describe(description: &mut Description) {
        R::describe(description);
        description.header(CACHE_CONTROL);
    }

    fn send(self) -> Result<HttpResponse, Problem> {
        cached(self.0, "public, max-age=300")
    }
}

fn cached(answer: impl Reply, directive: &'static str) -> Result<HttpResponse, Problem> {
    let mut answer = answer.send()?;
    let value = HeaderValue::from_static(directive);
    answer.headers_mut().insert(header::CACHE_CONTROL, value);
    Ok(answer)
}

/// An instant on the wire: RFC 3339 in UTC with `Z`, microseconds, the fraction
/// left out when it is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireTime(pub Timestamp);

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0.nanosecond() / 1_000 == 0;
        let precision = if whole {
            SecondsFormat::Secs
        } else {
            SecondsFormat::Micros
        };
        serializer.serialize_str(&self.0.to_rfc3339_opts(precision, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(text: &str) -> String {
        let at: Timestamp = text.parse().unwrap();
        serde_json::to_value(WireTime(at))
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn times_end_in_z_and_drop_a_fraction_of_zero() {
        assert_eq!(wire("2026-11-23T22:35:04Z"), "2026-11-23T22:35:04Z");
        assert_eq!(
            wire("2026-11-23T22:35:04.365951Z"),
            "2026-11-23T22:35:04.365951Z"
        );
        assert_eq!(
            wire("2026-11-23T23:35:04.5+01:00"),
            "2026-11-23T22:35:04.500000Z"
        );
    }
}
