//! The audit log: which actor changed what, written in the transaction of the
//! change.

use async_trait::async_trait;

use crate::caller::Actor;
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::facts::Facts;
use crate::ids::OrganizationId;

/// One change, for the record. Never holds a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The organization that the change is about.
    pub organization_id: OrganizationId,
    /// The actor that did it.
    pub actor: Actor,
    /// What was done: `organization.created`, `user.updated`.
    pub action: String,
    /// A sentence for a person.
    pub description: Option<String>,
    /// The kind of row that changed, by its table.
    pub table: String,
    /// The id of the row that changed, as text.
    pub row_id: String,
    /// The changed values before; `None` for something new.
    pub before: Option<Facts>,
    /// The changed values after; `None` for something removed.
    pub after: Option<Facts>,
    /// When.
    pub at: Timestamp,
}

/// Appends to the audit log, inside the transaction of the change.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Appends one entry. MUST mark an entry whose actor is a user of another
    /// organization than the entry's.
    async fn append(&mut self, entry: &AuditEntry) -> Result<(), PortError>;
}
