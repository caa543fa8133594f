//! Roles and who holds them, decisions, and the system roles of
//! organizations.

mod administration;
mod assignments;
mod catalogue;
mod decisions;
mod error;
mod grants;
pub(crate) mod guards;
mod record;
mod roles;
mod system_roles;

pub use administration::PolicyAdministration;
pub use decisions::{Decision, DecisionService, Decisions, Question};
pub use error::{DecisionError, RoleError};
pub use guards::GuardError;
pub use roles::{Acting, RoleChanges, RoleDraft, RoleService};

pub(crate) use system_roles::{ensure_system_role, ensure_system_roles};
