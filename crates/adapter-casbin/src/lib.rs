//! `PolicyEngine`: Casbin's semantics compiled into immutable per-organization
//! snapshots.
//!
//! The policy of an organization is written as Casbin rules, loaded into a
//! Casbin model and compiled once per revision; a decision is then a lookup.
//! Nothing here calls `enforce` to answer a check: it scans every rule. The
//! `Enforcer` stays the oracle that the tests hold the snapshot against.

mod cache;
mod engine;
mod explain;
mod labels;
mod policy;

pub use engine::{CasbinPolicyEngine, EngineOptions};
pub use explain::explain;
pub use policy::{Request, compile, enforcer, request};
