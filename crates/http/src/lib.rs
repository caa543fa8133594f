//! The HTTP edge: routes, access extractors, DTOs, problems, OpenAPI.
//!
//! A handler parses a request into domain types, calls one use case and renders
//! what it answers; it holds no rule. Every route is declared once, by a
//! [`routing::Route`], from which the router, the OpenAPI document and the route
//! manifest are made.

pub mod access;
mod admin;
mod answer;
mod app;
mod bootstrap;
mod docs;
mod edge;
mod health;
mod identity;
pub mod input;
mod openapi;
mod organizations;
mod page;
pub mod problem;
mod rbac;
pub mod routing;
mod scope;
mod state;
mod users;

pub use answer::Answer;
pub use app::{app, configure};
pub use openapi::openapi;
pub use routing::{ManifestEntry, route_manifest};
pub use state::{HttpOptions, HttpParts, HttpState};

use routing::Route;

/// Every route. The router tries them in this order, so the busiest come
/// first.
pub fn all_routes() -> Vec<Route> {
    [
        rbac::routes(),
        health::routes(),
        identity::routes(),
        users::routes(),
        organizations::routes(),
        bootstrap::routes(),
        admin::routes(),
        docs::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
