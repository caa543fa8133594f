//! Users: accounts and how they come to be.

mod account;
mod create;
mod error;
mod registration;

pub use account::NewAccount;
pub use error::UserError;
pub use registration::{Registered, RegistrationService};

pub(crate) use create::create_user;
