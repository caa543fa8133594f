//! Decisions, and the system roles of organizations.

mod decisions;
mod error;
pub(crate) mod guards;
mod system_roles;

pub use decisions::{Decision, DecisionService};
pub use error::DecisionError;
pub use guards::GuardError;

pub(crate) use system_roles::{ensure_system_role, ensure_system_roles};
