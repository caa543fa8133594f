//! The audit log: who changed what, written in the transaction of the change.

use async_trait::async_trait;

use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::fields::Fields;
use crate::ids::OrganizationId;

/// One change, for the record. Never holds a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The organization that the change is about.
    pub organization_id: OrganizationId,
    /// What was done: `organization.created`, `user.updated`.
    pub action: &'static str,
    /// A sentence for a person.
    pub description: Option<String>,
    /// The kind of row that changed, by its table.
    pub table: &'static str,
    /// The id of the row that changed.
    pub row_id: i64,
    /// The changed values before; `None` for something new.
    pub before: Option<Fields>,
    /// The changed values after; `None` for something removed.
    pub after: Option<Fields>,
    /// When.
    pub at: Timestamp,
}

/// Appends to the audit log, inside the transaction of the change.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Appends one entry with the actor's user, kind, organization, address
    /// and request id. MUST mark an entry whose actor is a user of another
    /// organization than the entry's.
    async fn append(&mut self, actor: &Actor, entry: &AuditEntry) -> Result<(), PortError>;
}
