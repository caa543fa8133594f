//! The domain of the authentication and authorization service.
//!
//! Entities, value types, events, pure rules, and the *ports*: the traits that
//! adapters implement. There is no I/O here and no framework; what needs a
//! database, a clock or randomness asks a port for it.
//!
//! The folders are the contexts, named the same in `application`, `http` and
//! `adapter-sql`: a reader of one knows all.

pub mod audit;
pub mod backoff;
pub mod caller;
pub mod change;
pub mod clock;
pub mod error;
pub mod events;
pub mod facts;
pub mod health;
pub mod identity;
pub mod ids;
pub mod jobs;
pub mod mail;
pub mod organizations;
pub mod page;
pub mod rbac;
pub mod security;
pub mod store;
pub mod text;
pub mod users;
pub mod validation;
