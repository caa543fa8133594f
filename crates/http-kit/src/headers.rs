//! The names of headers of our own, and of those that several modules set.

/// Which request it was.
pub const REQUEST_ID: &str = "X-Request-Id";
/// Whether a cache may keep the answer.
pub const CACHE_CONTROL: &str = "Cache-Control";
/// Where the next page is.
pub const LINK: &str = "Link";
/// The policy revision of a write.
pub const POLICY_REVISION: &str = "X-Policy-Revision";
