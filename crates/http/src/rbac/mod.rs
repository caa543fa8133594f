//! Roles and decisions.

mod bodies;
mod decisions;
mod grants;
mod roles;

use auth_http_kit::routing::Route;

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = decisions::routes();
    routes.extend(roles::routes());
    routes.extend(grants::routes());
    routes
}
