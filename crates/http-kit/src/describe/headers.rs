//! The headers of answers, each described once.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::problem::{EdgeCode, Entry};

/// Which request it was.
pub const REQUEST_ID: &str = "X-Request-Id";
/// Whether a cache may keep the answer.
pub const CACHE_CONTROL: &str = "Cache-Control";
/// Where the next page is.
pub const LINK: &str = "Link";
/// The policy revision of a write.
pub const POLICY_REVISION: &str = "X-Policy-Revision";

const LIMIT: &str = "RateLimit";
const LIMIT_POLICY: &str = "RateLimit-Policy";
const RETRY_AFTER: &str = "Retry-After";
const CHALLENGE: &str = "WWW-Authenticate";

/// What a problem carries.
pub(crate) fn of_problem(status: StatusCode, failures: &[&Entry]) -> Vec<&'static str> {
    let busy = |entry: &&&Entry| entry.code == EdgeCode::Busy.code();
    let more: &[&str] = match status {
        StatusCode::UNAUTHORIZED => &[CHALLENGE],
        StatusCode::TOO_MANY_REQUESTS => &[LIMIT, LIMIT_POLICY, RETRY_AFTER],
        _ if failures.iter().any(|entry| busy(&entry)) => &[RETRY_AFTER],
        _ => &[],
    };
    [&[REQUEST_ID], more].concat()
}

/// The reference to a shared header.
pub(crate) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

/// The headers that responses refer to. A required one is never missing.
pub(crate) fn shared() -> Map<String, Value> {
    let text = |required: bool, description: &str| json!({"description": description, "required": required, "schema": {"type": "string"}});
    let number = |required: bool, description: &str| {
        json!({
            "description": description,
            "required": required,
            "schema": {"type": "integer", "format": "int64", "minimum": 0},
        })
    };
    let headers = [
        (
            REQUEST_ID,
            text(
                true,
                "The id of the request: the client's own, or a new one.",
            ),
        ),
        (
            CACHE_CONTROL,
            text(
                true,
                "`no-store`: no cache keeps tokens (RFC 6749, section 5.1).",
            ),
        ),
        (
            LINK,
            text(
                false,
                "Where the next page is (RFC 8288, `rel=\"next\"`); absent on the last.",
            ),
        ),
        (
            POLICY_REVISION,
            number(
                true,
                "The policy revision that shows the write: a check may ask for it.",
            ),
        ),
        (
            LIMIT,
            text(
                true,
                "The limit that was met: what remains, and seconds until it is reset.",
            ),
        ),
        (
            LIMIT_POLICY,
            text(
                true,
                "The limit that was met: its quota, and its window in seconds.",
            ),
        ),
        (
            RETRY_AFTER,
            number(
                false,
                "Seconds to wait (RFC 9110, section 10.2.3); with `busy` and `rate_limited`.",
            ),
        ),
        (
            CHALLENGE,
            text(true, "How to authenticate (RFC 6750, section 3)."),
        ),
    ];
    let headers = headers.into_iter();
    headers
        .map(|(name, header)| (name.to_owned(), header))
        .collect()
}

/// What every answer may carry, whatever its route: described once for all.
pub(crate) fn of_every_answer() -> Value {
    json!({
        "Access-Control-Allow-Origin": "The origin of a browser that may call (CORS).",
        "Access-Control-Expose-Headers": "What a browser lets its script read (CORS).",
        "Strict-Transport-Security": "Where clients come by HTTPS (RFC 6797).",
        "Vary": "`Origin`, where browsers may call.",
        "X-Content-Type-Options": "`nosniff`",
    })
}
