//! A change for the record: the audit row, and the event that tells it.

use auth_domain::events::{Aggregate, DomainEvent, EventType};
use auth_domain::facts::Facts;
use auth_domain::ids::OrganizationId;

/// A change, as audit row and event have it in common.
#[derive(Debug, Clone)]
pub struct Change {
    pub(super) organization: OrganizationId,
    pub(super) action: String,
    pub(super) description: Option<String>,
    pub(super) table: String,
    pub(super) row_id: String,
    pub(super) before: Option<Facts>,
    pub(super) after: Option<Facts>,
    pub(super) event: Option<EventFacts>,
}

/// An event, without the caller and the moment.
#[derive(Debug, Clone)]
pub(super) struct EventFacts {
    pub(super) event_type: EventType,
    pub(super) aggregate: Aggregate,
    pub(super) payload: Facts,
}

impl EventFacts {
    pub(super) fn of<E: DomainEvent>(event: &E) -> Self {
        Self {
            event_type: E::TYPE,
            aggregate: event.aggregate(),
            payload: event.payload(),
        }
    }
}

impl Change {
    /// A change that an event of the catalogue tells. The audit row has the
    /// event's type as its action, and is about the event's aggregate.
    pub fn with_event<E: DomainEvent>(organization: OrganizationId, event: &E) -> Self {
        let told = EventFacts::of(event);
        Self {
            organization,
            action: told.event_type.as_str().to_owned(),
            description: None,
            table: told.aggregate.kind.table().to_owned(),
            row_id: told.aggregate.id.clone(),
            before: None,
            after: None,
            event: Some(told),
        }
    }

    /// A change that no event tells.
    pub fn without_event(
        organization: OrganizationId,
        action: &str,
        table: &str,
        row_id: &impl ToString,
    ) -> Self {
        Self {
            organization,
            action: action.to_owned(),
            description: None,
            table: table.to_owned(),
            row_id: row_id.to_string(),
            before: None,
            after: None,
            event: None,
        }
    }

    /// The same under another action of the audit log.
    #[must_use]
    pub fn audited_as(mut self, action: &str) -> Self {
        action.clone_into(&mut self.action);
        self
    }

    /// The same about another row.
    #[must_use]
    pub fn of_row(mut self, table: &str, row_id: &impl ToString) -> Self {
        table.clone_into(&mut self.table);
        self.row_id = row_id.to_string();
        self
    }

    /// The same with a sentence for a person.
    #[must_use]
    pub fn described(mut self, description: &str) -> Self {
        self.description = Some(description.to_owned());
        self
    }

    /// The same with the values before.
    #[must_use]
    pub fn before(mut self, values: Facts) -> Self {
        self.before = Some(values);
        self
    }

    /// The same with the values after.
    #[must_use]
    pub fn after(mut self, values: Facts) -> Self {
        self.after = Some(values);
        self
    }

    /// The same with those of the values that differ, before and after.
    #[must_use]
    pub fn differing(self, before: &Facts, after: &Facts) -> Self {
        self.before(before.differing_from(after))
            .after(after.differing_from(before))
    }
}
