//! The ways to authenticate.

use serde_json::{Value, json};

use crate::access::AccessRule;

const BEARER: &str = "bearer";
const INTERNAL: &str = "internal_secret";
const BOOTSTRAP: &str = "bootstrap_secret";
const SCRAPE: &str = "scrape_token";

/// What a route asks for: one of these alternatives.
///
/// The checks take the internal secret instead of a bearer token. There it is a
/// parameter and not a second scheme: a client that has one function for all
/// credentials fills every scheme that it is offered, and a wrong secret beside
/// a good token is refused.
pub(super) fn of(rule: AccessRule) -> Value {
    match rule {
        AccessRule::Public => json!([]),
        AccessRule::Authenticated | AccessRule::Permissions { .. } => {
            json!([{BEARER: []}])
        }
        AccessRule::Bootstrap => json!([{BOOTSTRAP: []}]),
        AccessRule::Internal => json!([{INTERNAL: []}]),
        AccessRule::CheckCaller => json!([{BEARER: []}, {}]),
        AccessRule::MetricsScrape => json!([{SCRAPE: []}, {}]),
    }
}

/// The schemes by name.
pub(super) fn schemes() -> Value {
    let header = |name: &str, description: &str| json!({"type": "apiKey", "in": "header", "name": name, "description": description});
    json!({
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access token of a login.",
        },
        SCRAPE: {
            "type": "http",
            "scheme": "bearer",
            "description": "The scrape token, where one is configured.",
        },
        INTERNAL: header("X-Internal-Secret", "The secret that services share."),
        BOOTSTRAP: header("X-Bootstrap-Secret", "The secret that makes first users."),
    })
}
