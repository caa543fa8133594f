//! The rules, as the documentation and the route manifest show them.

use auth_domain::rbac::Permission;

/// Who may call a route, for the documentation and the route manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessRule {
    /// Anybody.
    Public,
    /// A signed-in user.
    Authenticated,
    /// A signed-in user with a permission.
    Permission(Permission),
    /// A signed-in user with both permissions.
    Permissions([Permission; 2]),
    /// Who knows the bootstrap secret.
    Bootstrap,
    /// Who knows the internal secret.
    Internal,
    /// Who knows the internal secret, or a signed-in user about whom the use
    /// case decides.
    CheckCaller,
    /// Who knows the scrape token, if there is one.
    MetricsScrape,
}

impl AccessRule {
    /// The codes that deciding it can answer.
    pub fn codes(self) -> &'static [&'static str] {
        match self {
            Self::Public => &[],
            Self::Authenticated => BEARER_CODES,
            Self::Permission(_) | Self::Permissions(_) => PERMISSION_CODES,
            Self::Bootstrap => BOOTSTRAP_CODES,
            Self::Internal => INTERNAL_CODES,
            Self::CheckCaller => CHECK_CODES,
            Self::MetricsScrape => SCRAPE_CODES,
        }
    }
}

impl std::fmt::Display for AccessRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Authenticated => f.write_str("authenticated"),
            Self::Permission(permission) => f.write_str(permission.name()),
            Self::Permissions([one, other]) => write!(f, "{} and {}", one.name(), other.name()),
            Self::Bootstrap => f.write_str("bootstrap secret"),
            Self::Internal => f.write_str("internal secret"),
            Self::CheckCaller => f.write_str("internal secret or authenticated"),
            Self::MetricsScrape => f.write_str("scrape token"),
        }
    }
}

const BEARER_CODES: &[&str] = &[
    "not_authenticated",
    "invalid_authorization_header",
    "invalid_token",
    "invalid_token_payload",
    "session_not_found",
    "session_revoked",
    "session_expired",
    "account_inactive",
    "organization_suspended",
    "store_unavailable",
];

const PERMISSION_CODES: &[&str] = &[
    "not_authenticated",
    "invalid_authorization_header",
    "invalid_token",
    "invalid_token_payload",
    "session_not_found",
    "session_revoked",
    "session_expired",
    "account_inactive",
    "organization_suspended",
    "store_unavailable",
    "policy_unavailable",
    "forbidden",
];

const CHECK_CODES: &[&str] = &[
    "not_authenticated",
    "invalid_authorization_header",
    "invalid_token",
    "invalid_token_payload",
    "session_not_found",
    "session_revoked",
    "session_expired",
    "account_inactive",
    "organization_suspended",
    "store_unavailable",
    "policy_unavailable",
    "forbidden",
    "internal_access_not_configured",
    "invalid_internal_secret",
    "rate_limited",
];

const BOOTSTRAP_CODES: &[&str] = &[
    "bootstrap_not_configured",
    "invalid_bootstrap_secret",
    "rate_limited",
];

const INTERNAL_CODES: &[&str] = &[
    "internal_access_not_configured",
    "invalid_internal_secret",
    "rate_limited",
];

const SCRAPE_CODES: &[&str] = &[
    "not_authenticated",
    "invalid_authorization_header",
    "invalid_token",
];
