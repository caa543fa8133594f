//! The OpenAPI 3.1 document, made from the routes.

mod operation;
mod security;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::describe::{Schemas, of_every_answer, shared};
use crate::problem::{Document, EdgeCode, Entry, Failure, PROBLEM_JSON};
use crate::routing::Route;

/// What the document says of the service as a whole.
pub struct About {
    /// Its name.
    pub title: &'static str,
    /// What it is, and what holds for all routes.
    pub description: &'static str,
    /// Its tags, with what each is about.
    pub tags: &'static [(&'static str, &'static str)],
}

/// The document about all documented routes, each under `/api`.
pub fn document(about: &About, routes: &[Route]) -> Value {
    let mut schemas = Schemas::default();
    schemas.answer::<Document<'_>>();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for route in routes.iter().filter(|route| route.is_documented()) {
        let item = paths.entry(route.template()).or_default();
        for method in route.methods() {
            let method = method.as_str().to_ascii_lowercase();
            item.insert(method, operation::of(route));
        }
        for (name, schema) in route.description().named_schemas().iter() {
            schemas.name(name, schema.clone());
        }
    }
    let tags = about.tags.iter();
    let tags = tags.map(|(name, text)| json!({"name": name, "description": text}));
    let schemas: Map<String, Value> = schemas
        .iter()
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": about.title,
            "description": about.description,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {
                "name": env!("CARGO_PKG_LICENSE"),
                "identifier": env!("CARGO_PKG_LICENSE"),
            },
        },
        "servers": [{"url": "/", "description": "This service."}],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": shared(),
            "securitySchemes": security::schemes(),
        },
        "x-headers": of_every_answer(),
    })
}

/// Every code that a route can answer and every one of the edge, as a page of
/// the documentation.
pub fn error_catalogue(routes: &[Route]) -> String {
    let edge: Vec<Entry> = EdgeCode::ALL.iter().map(Failure::entry).collect();
    let declared = routes
        .iter()
        .flat_map(|route| route.description().failures());
    let mut rows: BTreeMap<(&str, u16), BTreeSet<&str>> = BTreeMap::new();
    for entry in declared.chain(&edge) {
        let titles = rows.entry((entry.code, entry.status.as_u16()));
        titles.or_default().insert(&entry.title);
    }
    let mut page = String::from(
        "# Error codes\n\n\
         Generated from the code; `UPDATE_GENERATED=1 cargo test -p auth-http` rewrites it.\n\n\
         Every error is a problem document (RFC 9457, `application/problem+json`). `code` is what\n\
         clients switch on; `detail` repeats it, and of `validation_error` it is the list of errors.\n\n\
         | Code | Status | Title |\n|---|---|---|\n",
    );
    for ((code, status), titles) in rows {
        let title = titles.first().copied().unwrap_or_default();
        let _ = writeln!(page, "| `{code}` | {status} | {title} |");
    }
    page
}

/// The content of an answer that is a problem document.
fn problem_content() -> Value {
    json!({PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}})
}
