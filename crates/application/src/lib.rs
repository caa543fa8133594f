//! The use cases: one service per context.
//!
//! A service sees ports only. It takes the caller's right as an argument,
//! decides inside a transaction of the [`Writer`] what the store shall hold,
//! and leaves audit rows, events and what follows the commit to it.

pub mod access;
mod application;
pub mod bootstrap;
pub mod error;
pub mod events;
mod gauge;
pub mod identity;
pub mod jobs;
pub mod mail;
pub mod organizations;
pub mod rbac;
pub mod security;
pub mod users;
mod writer;

pub use application::{Application, Options, Ports};
pub use writer::{Authorized, Change, EndedSession, Tx, Writer, WriterPorts, Written};
