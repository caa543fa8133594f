//! Identifiers. Each is its own type, so that a user id is never taken for a
//! role id, and each is inside `1..=2^53 - 1`, so that every JSON reader can
//! hold it exactly (RFC 8259, section 6).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::events::EventId;

/// The largest identifier: `2^53 - 1`, the largest integer that IEEE 754
/// doubles (and so JavaScript) hold exactly.
pub const MAX_ID: i64 = (1 << 53) - 1;

/// A number that cannot be an identifier: not inside `1..=2^53 - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is a whole number from 1 to 9007199254740991")]
pub struct IdOutOfRange;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub struct $name(i64);

        impl $name {
            /// Checks the range.
            pub const fn new(value: i64) -> Result<Self, IdOutOfRange> {
                if value < 1 || value > MAX_ID {
                    return Err(IdOutOfRange);
                }
                Ok(Self(value))
            }

            /// The number, for an adapter or the wire.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = IdOutOfRange;
            fn try_from(value: i64) -> Result<Self, IdOutOfRange> {
                Self::new(value)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> i64 {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )+};
}

id! {
    /// An organization (tenant).
    OrganizationId;
    /// A user.
    UserId;
    /// A role of one organization.
    RoleId;
    /// A permission of the platform-wide catalogue.
    PermissionId;
    /// A session: one sign-in on one device.
    SessionId;
    /// A security alert.
    AlertId;
    /// A job of the background worker.
    JobId;
}

/// Where identifiers that no database counts come from: the one port of
/// randomness that is no secret.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdSource: Send + Sync {
    /// A new UUIDv7 (RFC 9562, section 5.7) of that time.
    fn event_id(&self, at: Timestamp) -> EventId;

    /// 64 random bits, to tell processes, tickets and drafts apart.
    fn random(&self) -> u64;
}

impl OrganizationId {
    /// Default Organization, seeded by the first migration.
    pub const DEFAULT: Self = Self(1);
}
