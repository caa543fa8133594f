//! Domain events, and the promise that each that was committed is published.
//!
//! [`Outbox`] appends an event inside the transaction of the change. A relay
//! claims it through [`OutboxRelay`], publishes it on the [`EventBus`], and
//! marks it sent. A consumer asks its [`Inbox`] whether it handled it before.
//!
//! `catalogue.rs` has the closed list of events, each declared once. To add
//! one, declare it there: its type, exchange, aggregate and payload fields are
//! also what the documentation for consumers is made of.

mod admin;
mod bus;
mod catalogue;
mod field;
mod relay;
mod transaction;

use std::fmt;

use uuid::Uuid;

use crate::caller::Actor;
use crate::clock::Timestamp;
use crate::facts::Facts;
use crate::ids::{OrganizationId, PermissionId, RoleId, SessionId, UserId};
use crate::wire_enum;

pub use admin::{Backlog, BacklogFilter, BacklogState, OutboxAdmin, OutboxCounts, UnsentEvent};
pub use bus::{EventBus, PublishError};
pub use catalogue::*;
pub use field::{EventField, FieldDoc, FieldKind};
pub use relay::{ClaimedEvent, OutboxRelay, OutboxSignal, StoppedAggregates};
pub use transaction::{Inbox, Outbox};
#[cfg(feature = "mocks")]
pub use {
    admin::MockOutboxAdmin,
    bus::MockEventBus,
    relay::{MockOutboxRelay, MockOutboxSignal},
    transaction::{MockInbox, MockOutbox},
};

/// The id of an event: a UUIDv7 (RFC 9562), also its AMQP `message_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub Uuid);

wire_enum! {
    /// The topic exchange that an event is published to.
    Exchange {
        /// Sign-ins, sessions, passwords, alerts.
        Security = "security.events",
        /// Changes of users, roles, organizations and the rest.
        Audit = "audit.events",
        /// Mail to send.
        Email = "email.events",
        /// Ingested metrics.
        Logs = "logs.ingest",
    }
}

wire_enum! {
    /// The kind of thing that an event is about.
    AggregateKind {
        /// An organization.
        Organization = "organization",
        /// A user.
        User = "user",
        /// A role.
        Role = "role",
        /// A permission of the catalogue.
        Permission = "permission",
        /// A session.
        Session = "session",
    }
}

impl AggregateKind {
    /// The table that holds such things, as audit rows name it.
    pub fn table(self) -> &'static str {
        match self {
            Self::Organization => "organizations",
            Self::User => "users",
            Self::Role => "roles",
            Self::Permission => "permissions",
            Self::Session => "sessions",
        }
    }
}

/// The thing that an event is about. Events of one aggregate are numbered and
/// published in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Aggregate {
    /// The kind of thing.
    pub kind: AggregateKind,
    /// Its id, as text: most are numbers, some are not.
    pub id: String,
}

macro_rules! aggregates {
    ($($id:ident => $kind:ident,)+) => {$(
        impl From<$id> for Aggregate {
            fn from(id: $id) -> Self {
                Self { kind: AggregateKind::$kind, id: id.to_string() }
            }
        }
    )+};
}
aggregates! {
    OrganizationId => Organization,
    UserId => User,
    RoleId => Role,
    PermissionId => Permission,
    SessionId => Session,
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// One of the events of the catalogue.
pub trait DomainEvent: Sized {
    /// Its type.
    const TYPE: EventType;

    /// What it is about.
    fn aggregate(&self) -> Aggregate;

    /// Its payload.
    fn payload(&self) -> Facts;

    /// Reads a payload back. `None`: it is none of this event.
    fn from_payload(payload: &Facts) -> Option<Self>;
}

/// Something that happened, as it is written down and published.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// What it happened to.
    pub aggregate: Aggregate,
    /// The organization it happened in.
    pub organization_id: OrganizationId,
    /// The user who did it, where a user did.
    pub actor_id: Option<UserId>,
    /// The request that it came of.
    pub request_id: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The facts.
    pub payload: Facts,
}

impl Event {
    /// An event of the catalogue that an actor caused.
    pub fn new<E: DomainEvent>(
        id: EventId,
        event: &E,
        organization_id: OrganizationId,
        actor: &Actor,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            event_type: E::TYPE,
            aggregate: event.aggregate(),
            organization_id,
            actor_id: actor.user_id(),
            request_id: actor.request_id.clone(),
            at,
            payload: event.payload(),
        }
    }
}
