//! Roles and their holders, decisions, and the system roles of
//! organizations.

mod administration;
mod assignments;
mod catalogue;
mod decisions;
mod error;
mod grants;
mod roles;
mod system_roles;

pub use administration::PolicyAdministration;
pub use decisions::{Asker, Decision, DecisionService, Decisions, Question};
pub use error::{DecisionError, RoleError};
pub use roles::{RoleChanges, RoleDraft, RoleService};

pub(crate) use system_roles::{ensure_system_role, ensure_system_roles};
