//! The use cases: one service per context.
//!
//! A service sees ports only. It decides inside [`transact`] what the store
//! shall hold, with the audit row and the events of the change in the same
//! transaction, and tells the policy engine after the commit.

pub mod access;
pub mod bootstrap;
pub mod error;
pub mod identity;
pub mod mail;
pub mod organizations;
pub mod rbac;
pub mod security;
mod transact;
pub mod users;

pub use transact::{Tx, transact};
