//! Decisions, and the system roles of organizations.

mod decisions;
mod error;
mod system_roles;

pub use decisions::{Decision, DecisionService};
pub use error::DecisionError;

pub(crate) use system_roles::{ensure_system_role, ensure_system_roles};
