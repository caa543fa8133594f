//! The rules, as the documentation and the route manifest show them.

use auth_application::identity::AuthError;
use auth_domain::identity::GateRefusal;
use auth_domain::rbac::Permission;
use serde_json::json;

use crate::describe::Description;
use crate::problem::{EdgeCode, Failure};

/// Which callers a route admits, for the documentation and the route manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessRule {
    /// Any client.
    Public,
    /// A signed-in user.
    Authenticated,
    /// A signed-in user with all of the permissions.
    Permissions {
        /// The permissions.
        permissions: &'static [Permission],
        /// Whether the user needs the platform permission of their group too.
        is_global: bool,
    },
    /// An operator that knows the bootstrap secret.
    Bootstrap,
    /// A service that knows the internal secret.
    Internal,
    /// A service that knows the internal secret, or a signed-in user, which the
    /// use case judges.
    CheckCaller,
    /// A scraper that knows the token, if there is one.
    MetricsScrape,
}

impl AccessRule {
    /// The names of the permissions that the rule asks for.
    pub fn permissions(self) -> Vec<&'static str> {
        let Self::Permissions {
            permissions,
            is_global,
        } = self
        else {
            return Vec::new();
        };
        let platform = permissions.first().filter(|_| is_global);
        let platform = platform.map(|permission| permission.crosses_by());
        let all = permissions.iter().copied().chain(platform);
        all.map(Permission::name).collect()
    }

    /// Says how deciding it can refuse. All but the probes and documents ask
    /// the database, which can be away or under too much work.
    pub(super) fn describe(self, description: &mut Description) {
        if self == Self::MetricsScrape {
            return describe_all(description, &BEARER);
        }
        describe_all(description, &[&EdgeCode::Busy, &EdgeCode::StoreUnavailable]);
        match self {
            Self::Public | Self::MetricsScrape => {}
            Self::Authenticated => describe_session(description),
            Self::Permissions { .. } => {
                describe_session(description);
                describe_all(description, &DECISION);
            }
            Self::Bootstrap => describe_all(description, &BOOTSTRAP),
            Self::Internal => describe_all(description, &INTERNAL),
            Self::CheckCaller => {
                describe_session(description);
                describe_all(description, &DECISION);
                describe_all(description, &INTERNAL);
                description.parameter(json!({
                    "name": "X-Internal-Secret",
                    "in": "header",
                    "required": false,
                    "description": "The internal secret, of a service that asks instead of a user.",
                    "schema": {"type": "string"},
                }));
            }
        }
    }
}

const BEARER: [&dyn Failure; 3] = [
    &EdgeCode::NotAuthenticated,
    &EdgeCode::InvalidAuthorizationHeader,
    &EdgeCode::InvalidToken,
];
const DECISION: [&dyn Failure; 2] = [&EdgeCode::Forbidden, &EdgeCode::PolicyUnavailable];
const BOOTSTRAP: [&dyn Failure; 3] = [
    &EdgeCode::BootstrapNotConfigured,
    &EdgeCode::InvalidBootstrapSecret,
    &EdgeCode::RateLimited,
];
const INTERNAL: [&dyn Failure; 3] = [
    &EdgeCode::InternalNotConfigured,
    &EdgeCode::InvalidInternalSecret,
    &EdgeCode::RateLimited,
];

/// A bearer token, and the gate behind it.
fn describe_session(description: &mut Description) {
    describe_all(description, &BEARER);
    describe_all(
        description,
        &[
            &AuthError::InvalidTokenPayload,
            &GateRefusal::SessionNotFound,
            &GateRefusal::SessionRevoked,
            &GateRefusal::SessionExpired,
            &GateRefusal::AccountInactive,
            &GateRefusal::OrganizationSuspended,
        ],
    );
}

fn describe_all(description: &mut Description, failures: &[&dyn Failure]) {
    for failure in failures {
        description.failure(*failure);
    }
}

impl std::fmt::Display for AccessRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Authenticated => f.write_str("authenticated"),
            Self::Permissions { .. } => f.write_str(&self.permissions().join(" and ")),
            Self::Bootstrap => f.write_str("bootstrap secret"),
            Self::Internal => f.write_str("internal secret"),
            Self::CheckCaller => f.write_str("internal secret or authenticated"),
            Self::MetricsScrape => f.write_str("scrape token"),
        }
    }
}
