//! The one error of every port.

use std::error::Error as StdError;
use std::fmt;

/// What a port answers when it cannot do what it was asked.
///
/// The list is closed: a use case decides what to do from the variant alone
/// and never looks into a driver's error. Adapters map driver errors by
/// constraint name and error class, never by asking first and writing after.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// A unique constraint refused the write: another row holds that value.
    #[error("not unique: {0}")]
    NotUnique(Constraint),
    /// A row that the write refers to is not there (any more).
    #[error("a referenced row is missing: {0}")]
    MissingReference(Constraint),
    /// The row changed or vanished since it was read; nothing was written.
    #[error("the row changed since it was read")]
    Stale,
    /// The transaction lost a race (serialization failure, deadlock, busy
    /// writer) and had no effect; running it again may succeed.
    #[error("the transaction lost a race and can be run again")]
    Retryable(#[source] BackendError),
    /// The store behind the port cannot be reached or did not answer in time.
    #[error("the store cannot be reached")]
    Unavailable(#[source] BackendError),
    /// Stored data does not have the form this version writes.
    #[error("stored data is corrupt: {what}")]
    Corrupt {
        /// Which value of which table, without the value itself.
        what: String,
    },
    /// Anything else the driver reports: a defect of ours or of the store.
    #[error("the store reported an error")]
    Backend(#[source] BackendError),
}

/// A driver's error, kept for the log's source chain only.
pub type BackendError = Box<dyn StdError + Send + Sync + 'static>;

impl PortError {
    /// A [`PortError::Corrupt`] that names the value.
    pub fn corrupt(what: impl fmt::Display) -> Self {
        Self::Corrupt {
            what: what.to_string(),
        }
    }

    /// Whether running the same transaction again may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Retryable(_))
    }
}

/// The unique and reference constraints that a use case distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// `organizations.name_key`
    OrganizationName,
    /// `users.username_key`
    Username,
    /// `user_contacts.email_key`
    Email,
    /// `roles (organization_id, name_key)`
    RoleName,
    /// `permissions.name`
    PermissionName,
    /// `role_permissions (role_id, permission_id)`
    RolePermission,
    /// `user_roles (user_id, role_id)`
    UserRole,
    /// A reference to an organization.
    Organization,
    /// A reference to a user.
    User,
    /// A reference to a role of the same organization.
    Role,
    /// A reference to a permission of the catalogue.
    Permission,
    /// A constraint that no use case distinguishes: a defect when it is met.
    Other,
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
