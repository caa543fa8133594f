//! Accounts, joining an organization, and the users of organizations.

mod account;
mod bodies;
mod contact;
mod manage;
mod registration;

pub(crate) use account::{AccountInput, AdminUser};
pub(crate) use bodies::AdminBody;

use crate::routing::Route;

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = registration::routes();
    routes.extend(manage::routes());
    routes.extend(contact::routes());
    routes
}
