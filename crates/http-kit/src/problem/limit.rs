//! What a client learns of a limit that it met.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use auth_domain::security::RateLimited;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// `Retry-After` (RFC 9110, section 10.2.3), and `RateLimit` and
/// `RateLimit-Policy` as `draft-ietf-httpapi-ratelimit-headers` has them: quota, window and time in whole seconds.
pub(super) fn headers(refusal: &RateLimited, headers: &mut HeaderMap) {
    let wait = seconds(refusal.retry_after).max(1);
    let name = refusal.rule.as_str();
    let (quota, window) = (refusal.quota.limit, seconds(refusal.quota.window));
    headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
    for (header, value) in [
        (POLICY, format!("\"{name}\";q={quota};w={window}")),
        (LIMIT, format!("\"{name}\";r=0;t={wait}")),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(header, value);
        }
    }
}

/// Rounded up: a client that comes back then is not too early.
fn seconds(time: std::time::Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_domain::security::{LimitRule, Quota};

    use super::*;

    #[test]
    fn the_headers_name_quota_window_and_wait() {
        let refusal = RateLimited {
            rule: LimitRule::LoginPair,
            quota: Quota {
                limit: 10,
                window: Duration::from_mins(15),
            },
            retry_after: Duration::from_millis(61_001),
        };
        let mut map = HeaderMap::new();
        headers(&refusal, &mut map);
        assert_eq!(map.get("retry-after").unwrap(), "62");
        assert_eq!(
            map.get("ratelimit-policy").unwrap(),
            "\"login_pair\";q=10;w=900"
        );
        assert_eq!(map.get("ratelimit").unwrap(), "\"login_pair\";r=0;t=62");
    }
}
