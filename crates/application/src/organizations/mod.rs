//! Organizations: making, listing, changing and closing tenants.

mod changes;
mod error;
mod service;

pub use changes::{NewTenant, OrganizationChanges, SignUpChanges};
pub use error::OrganizationError;
pub use service::OrganizationService;

pub(crate) use service::{make_tenant, set_first_owner};
