//! Answers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use auth_domain::clock::Timestamp;
use auth_domain::rbac::PolicyRevision;
use chrono::{SecondsFormat, Timelike as _};
use serde::{Serialize, Serializer};

use crate::problem::Problem;

/// What a handler answers.
pub type Answer = Result<HttpResponse, Problem>;

/// The header that tells the policy revision of a write.
pub(crate) const POLICY_REVISION: HeaderName = HeaderName::from_static("x-policy-revision");

/// A JSON body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    Ok(HttpResponse::build(status)
        .content_type("application/json")
        .body(bytes))
}

/// A JSON body with 200.
pub(crate) fn ok(body: &impl Serialize) -> Answer {
    json(StatusCode::OK, body)
}

/// A JSON body with tokens in it, which no cache keeps (RFC 6749, section
/// 5.1).
pub(crate) fn tokens(body: &impl Serialize) -> Answer {
    let mut answer = ok(body)?;
    let no_store = header::HeaderValue::from_static("no-store");
    answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(answer)
}

/// A JSON body of a policy write, with the revision that shows it.
pub(crate) fn written(
    status: StatusCode,
    revision: PolicyRevision,
    body: &impl Serialize,
) -> Answer {
    let mut answer = json(status, body)?;
    let value = header::HeaderValue::from(revision.get());
    answer.headers_mut().insert(POLICY_REVISION, value);
    Ok(answer)
}

/// The answer to a policy write that leaves nothing to show: 204.
pub(crate) fn written_nothing(revision: PolicyRevision) -> HttpResponse {
    let mut answer = HttpResponse::NoContent();
    answer.insert_header((POLICY_REVISION, revision.get()));
    answer.finish()
}

/// An instant on the wire: RFC 3339 in UTC with `Z`, microseconds, the fraction
/// left out when it is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WireTime(pub(crate) Timestamp);

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
