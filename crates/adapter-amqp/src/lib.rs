//! The event bus on RabbitMQ.
//!
//! [`AmqpEventBus`] publishes with confirms over one connection, which it makes
//! anew by itself whenever that is lost. What the service needs on the broker is
//! in `topology.rs` and is declared with each connection. [`BrokerAdmin`] looks
//! at a broker and moves one that the service before this one used.

mod admin;
mod broker;
mod confirms;
mod connect;
mod envelope;
mod error;
mod options;
mod probe;
mod publisher;
mod topology;

pub use admin::{BrokerAdmin, Part, PartState};
pub use envelope::{EnvelopeError, read, write};
pub use error::BrokerError;
pub use options::AmqpOptions;
pub use probe::AmqpProbe;
pub use publisher::AmqpEventBus;
