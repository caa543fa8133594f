use actix_web::http::Method;

use crate::access::AccessRule;

/// One line of the route manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The method.
    pub method: Method,
    /// The path template with the `/api` prefix.
    pub path: String,
    /// Who may call.
    pub access: AccessRule,
}

/// Every method of every path, with who may call it.
pub fn route_manifest() -> Vec<ManifestEntry> {
    let routes = crate::all_routes();
    let entries = routes.iter().flat_map(|route| {
        route.methods().iter().map(|method| ManifestEntry {
            method: method.clone(),
            path: route.template(),
            access: route.access(),
        })
    });
    entries.collect()
}
