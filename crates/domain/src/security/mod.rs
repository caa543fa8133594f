//! Sign-in activity, security alerts, and the limits that slow attackers down.

mod limits;

#[cfg(feature = "mocks")]
pub use limits::MockRateLimiter;
pub use limits::{
    Bucket, LimitRule, Quota, RateLimited, RateLimiter, Subject, Ticket, Verdict, folded,
};

use std::net::IpAddr;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{OrganizationId, UserId};
use crate::wire_enum;

wire_enum! {
    /// How somebody signed in.
    LoginMethod {
        /// Name and password.
        Standard = "standard",
        /// An OAuth provider.
        OAuth = "oauth",
        /// Single sign-on.
        Sso = "sso",
        /// More than one factor.
        MultiFactor = "multi_factor",
    }
}

/// One sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// Who signed in.
    pub user_id: UserId,
    /// The user's organization.
    pub organization_id: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// From which address.
    pub ip: Option<IpAddr>,
    /// With which client.
    pub device: Option<String>,
    /// Whether it succeeded.
    pub success: bool,
    /// How.
    pub method: LoginMethod,
}

/// Appends to the sign-in activity, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LoginActivityLog: Send + Sync {
    /// Appends one sign-in.
    async fn append(&mut self, record: &LoginRecord) -> Result<(), PortError>;
}
