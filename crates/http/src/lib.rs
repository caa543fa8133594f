//! The routes of the service, context by context: bodies, answers, handlers.
//!
//! A handler parses a request into domain types, calls one use case and answers
//! what it says; it holds no rule. What every route is made of is in
//! `auth-http-kit`. Every route is declared once, by its handler, from which the
//! router, the OpenAPI document, the error catalogue and the route manifest are
//! made.

mod admin;
mod bootstrap;
mod docs;
mod health;
mod identity;
mod organizations;
mod rbac;
mod scope;
mod users;

use auth_http_kit::openapi::{self, About};
use auth_http_kit::routing::{Route, manifest};

pub use auth_http_kit::access;
pub use auth_http_kit::describe::Reading;
pub use auth_http_kit::routing::ManifestEntry;
pub use auth_http_kit::{HttpOptions, HttpParts, HttpService, ServerOptions, app, serve};

const ABOUT: About = About {
    title: "auth_microservice",
    description: "Authentication and authorization. Every path also answers without the `/api` \
        prefix, and with or without a trailing slash. Errors are problem documents (RFC 9457): \
        `code` is stable, and `detail` repeats it; of `validation_error`, `detail` is the list of \
        errors. The codes of an answer are listed in `x-codes`; new ones are no break. What every \
        answer may carry besides its own headers is in `x-headers`.",
    tags: &[
        (
            "admin",
            "For operators, and for services with the internal secret.",
        ),
        ("auth", "Signing in and out, sessions, passwords, tokens."),
        (
            "auth (legacy)",
            "Signing in and up, for clients of the predecessor.",
        ),
        ("bootstrap", "First users, with the bootstrap secret."),
        ("monitoring", "Probes, the version and metrics."),
        ("organizations", "Tenants."),
        ("rbac", "Roles, permissions and decisions."),
        ("users", "The users of an organization."),
    ],
};

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

/// All routes, ready to be served.
pub fn service(parts: HttpParts) -> HttpService {
    HttpService::new(&ABOUT, all_routes(), parts)
}

/// The OpenAPI document about all routes.
pub fn openapi_document() -> serde_json::Value {
    openapi::document(&ABOUT, &all_routes())
}

/// Every code that a route can answer, as a page of the documentation.
pub fn error_catalogue() -> String {
    openapi::error_catalogue(&all_routes())
}

/// Every method of every path, with who may call it.
pub fn route_manifest() -> Vec<ManifestEntry> {
    manifest(&all_routes())
}
