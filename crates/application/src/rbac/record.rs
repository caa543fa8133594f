//! What a change of policy leaves behind: an audit row and an event of one
//! name.

use auth_domain::actor::Actor;
use auth_domain::audit::AuditEntry;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, Event, Exchange};
use auth_domain::fields::Fields;
use auth_domain::ids::OrganizationId;

use crate::Tx;

/// A change, for the record.
pub(super) struct Change {
    /// The organization that it is about.
    pub(super) organization: OrganizationId,
    /// What was done, in the past tense: the action and the event's type.
    pub(super) action: &'static str,
    /// What it was done to.
    pub(super) to: Aggregate,
    /// The values before.
    pub(super) before: Option<Fields>,
    /// The values after.
    pub(super) after: Option<Fields>,
    /// The facts of the event beside who did it, and where.
    pub(super) facts: Fields,
    /// When.
    pub(super) at: Timestamp,
}

pub(super) async fn record(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    change: Change,
) -> Result<(), PortError> {
    let entry = AuditEntry {
        organization_id: change.organization,
        action: change.action,
        description: None,
        table: table_of(change.to),
        row_id: change.to.id(),
        before: change.before,
        after: change.after,
        at: change.at,
    };
    tx.audit().append(actor, &entry).await?;
    let event = Event {
        exchange: Exchange::Audit,
        event_type: change.action,
        aggregate: change.to,
        organization_id: change.organization,
        at: change.at,
        payload: change
            .facts
            .with("actor_id", actor.user_id())
            .with("organization_id", change.organization),
    };
    tx.outbox().append(actor, &event).await?;
    Ok(())
}

fn table_of(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Organization(_) => "organizations",
        Aggregate::User(_) => "users",
        Aggregate::Role(_) => "roles",
        Aggregate::Permission(_) => "permissions",
        Aggregate::Session(_) => "sessions",
    }
}
