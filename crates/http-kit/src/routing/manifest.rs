//! The route manifest: every method of every path, with the callers that it admits.

use actix_web::http::Method;

use super::Route;
use crate::access::AccessRule;

/// One line of the route manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The method.
    pub method: Method,
    /// The path template with the `/api` prefix.
    pub path: String,
    /// Which callers it admits.
    pub access: AccessRule,
}

/// Every method of every path of the routes, with the callers that it admits.
pub fn manifest(routes: &[Route]) -> Vec<ManifestEntry> {
    let entries = routes.iter().flat_map(|route| {
        route.methods().iter().map(|method| ManifestEntry {
            method: method.clone(),
            path: route.template(),
            access: route.access(),
        })
    });
    entries.collect()
}
