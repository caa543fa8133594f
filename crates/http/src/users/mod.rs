//! Accounts, joining an organization, and the users of organizations.

mod account;
mod bodies;
mod contact;
mod manage;
mod registration;

use auth_http_kit::routing::Route;

pub(crate) use account::AdminUser;
pub(crate) use bodies::{AdminBody, UserStatusWord};

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = registration::routes();
    routes.extend(manage::routes());
    routes.extend(contact::routes());
    routes
}
