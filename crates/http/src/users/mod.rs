//! Accounts, and joining an organization.

mod account;
mod registration;

pub(crate) use account::{AccountInput, AdminUser};
pub(crate) use registration::routes;
