//! Sign-in activity.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{OrganizationId, UserId};
use crate::text::NameKey;
use crate::wire_enum;

wire_enum! {
    /// How a user signed in.
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

/// A keyed hash of a login name that no account has: enough to count how often
/// it is tried, and not to learn what was typed into the wrong field.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoginNameHash(pub [u8; 32]);

impl fmt::Debug for LoginNameHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginNameHash(redacted)")
    }
}

/// Hashes login names under a key of the installation.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait LoginNameHasher: Send + Sync {
    /// The hash of a name: the same for the same key and name.
    fn hash(&self, name: &NameKey) -> LoginNameHash;
}

/// Whose sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginSubject {
    /// A user.
    User(OrganizationId, UserId),
    /// An attempt at a name that no account has.
    Unknown(LoginNameHash),
}

/// One sign-in, or an attempt at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// Whose.
    pub subject: LoginSubject,
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

/// A user with repeated failures to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatedFailures {
    /// The user's organization.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
    /// How often.
    pub count: u64,
}

/// Reads of the sign-in activity.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LoginActivityQueries: Send + Sync {
    /// Whether an address is of one of the last 100 networks that a user signed
    /// in from: IPv6 by /64, as [`folded`](super::folded) has it. Without a user
    /// (`None`) or an address: it is not, at the same cost. The cost MUST NOT
    /// grow with the sign-ins of the user.
    async fn is_familiar(
        &self,
        user: Option<UserId>,
        address: Option<IpAddr>,
    ) -> Result<bool, PortError>;

    /// The users who failed to sign in at least `at_least` times since then,
    /// in any order. Failures at names without an account do not count.
    async fn repeated_failures(
        &self,
        since: Timestamp,
        at_least: u32,
    ) -> Result<Vec<RepeatedFailures>, PortError>;
}

/// Appends to the sign-in activity, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LoginActivityLog: Send + Sync {
    /// Appends one sign-in.
    async fn append(&mut self, record: &LoginRecord) -> Result<(), PortError>;
}
