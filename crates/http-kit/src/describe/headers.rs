//! The headers of answers, each described once.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::headers::{CACHE_CONTROL, LINK, POLICY_REVISION, REQUEST_ID};
use crate::problem::{EdgeCode, Entry};

const LIMIT: &str = "RateLimit";
const LIMIT_POLICY: &str = "RateLimit-Policy";
const RETRY_AFTER: &str = "Retry-After";
const CHALLENGE: &str = "WWW-Authenticate";
const CODINGS: &str = "Accept-Encoding";

/// What a problem carries.
pub(crate) fn of_problem(status: StatusCode, failures: &[&Entry]) -> Vec<&'static str> {
    let any = |code: EdgeCode| failures.iter().any(|entry| entry.code == code.code());
    let more: &[&str] = match status {
        StatusCode::UNAUTHORIZED => &[CHALLENGE],
        StatusCode::UNSUPPORTED_MEDIA_TYPE => &[CODINGS],
        StatusCode::TOO_MANY_REQUESTS => &[LIMIT, LIMIT_POLICY, RETRY_AFTER],
        _ if any(EdgeCode::Busy) => &[RETRY_AFTER],
        _ if any(EdgeCode::RevisionUnknown) => &[POLICY_REVISION],
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
                "The policy revision that shows the write: a check may ask for it. With \
                 `revision_unknown`, the present one.",
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
            CODINGS,
            text(
                true,
                "`identity`: bodies are read without a coding (RFC 9110, section 15.5.16).",
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
