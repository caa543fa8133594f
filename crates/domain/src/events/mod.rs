//! Domain events and the outbox: the promise that what was committed is told.

use std::fmt;

use async_trait::async_trait;
use uuid::Uuid;

use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::fields::Fields;
use crate::ids::{OrganizationId, PermissionId, RoleId, SessionId, UserId};
use crate::wire_enum;

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

/// The thing that an event is about. Events of one aggregate are numbered and
/// published in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// An organization.
    Organization(OrganizationId),
    /// A user.
    User(UserId),
    /// A role.
    Role(RoleId),
    /// A permission of the catalogue.
    Permission(PermissionId),
    /// A session.
    Session(SessionId),
}

impl Aggregate {
    /// The kind's word in the envelope.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Organization(_) => "organization",
            Self::User(_) => "user",
            Self::Role(_) => "role",
            Self::Permission(_) => "permission",
            Self::Session(_) => "session",
        }
    }

    /// The id within its kind.
    pub fn id(self) -> i64 {
        match self {
            Self::Organization(id) => id.get(),
            Self::User(id) => id.get(),
            Self::Role(id) => id.get(),
            Self::Permission(id) => id.get(),
            Self::Session(id) => id.get(),
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.id())
    }
}

/// Something that happened, in the past tense.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Where it is published.
    pub exchange: Exchange,
    /// What happened: the routing key, `user.created`.
    pub event_type: &'static str,
    /// What it happened to.
    pub aggregate: Aggregate,
    /// The organization it happened in.
    pub organization_id: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// The facts; the predecessor's fields where it had the event.
    pub payload: Fields,
}

/// The outbox, inside the transaction of the change that the event tells.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Appends one event, with the actor's user and request id, under a new
    /// [`EventId`].
    ///
    /// MUST number the events of one aggregate 1, 2, 3, … without gap or
    /// repetition over committed transactions, also when several append at
    /// once.
    async fn append(&mut self, actor: &Actor, event: &Event) -> Result<EventId, PortError>;
}
