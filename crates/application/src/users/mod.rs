//! Users: accounts, how they come to be, change and end.

mod account;
mod changes;
mod contact;
mod create;
mod error;
mod invite;
mod registration;
mod service;
mod update;

pub use account::NewAccount;
pub use changes::{ContactChanges, UserChanges};
pub use error::{AccountTaken, RegistrationError, UserError};
pub use registration::{Registered, RegistrationService};
pub use service::UserService;

pub(crate) use create::create_user;
