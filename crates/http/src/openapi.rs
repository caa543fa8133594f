//! The OpenAPI 3.1 document, made from the routes.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use auth_domain::rbac::Permission;
use serde_json::json;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{HttpMethod, Operation, Paths};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, Info, License, OpenApi, OpenApiBuilder, Ref, RefOr,
    ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema};

use crate::access::AccessRule;
use crate::problem::{FieldErrorSchema, PROBLEM_JSON, ProblemSchema, status_of_code};
use crate::routing::Route;

const BEARER: &str = "bearer";
const INTERNAL: &str = "internal_secret";
const BOOTSTRAP: &str = "bootstrap_secret";
const SCRAPE: &str = "scrape_token";

/// The document about all documented routes, each under `/api`.
pub fn openapi(routes: &[Route]) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = ComponentsBuilder::new()
        .schema(ProblemSchema::name(), ProblemSchema::schema())
        .schema(FieldErrorSchema::name(), FieldErrorSchema::schema());
    for route in routes.iter().filter(|route| route.is_documented()) {
        let methods = route
            .methods()
            .iter()
            .filter_map(|m| http_method(m.as_str()));
        paths.add_path_operation(route.template(), methods.collect(), operation(route));
        components = components.schemas_from_iter(route.schemas().iter().cloned());
    }
    for (name, scheme) in security_schemes() {
        components = components.security_scheme(name, scheme);
    }
    let mut info = Info::new("auth_microservice", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    info.license = Some(License::new(env!("CARGO_PKG_LICENSE")));
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

const DESCRIPTION: &str = "Authentication and authorization. Every path also answers without the \
`/api` prefix, and with or without a trailing slash. Errors are problem documents (RFC 9457): \
`code` is stable, and `detail` repeats it; of `validation_error`, `detail` is the list of errors.";

fn operation(route: &Route) -> Operation {
    let mut operation = route.operation().clone();
    operation.security = security(route.access());
    operation.extensions = permission_extension(route.access());
    for (status, codes) in errors(route) {
        let response = ResponseBuilder::new()
            .description(codes.join(", "))
            .content(
                PROBLEM_JSON,
                ContentBuilder::new()
                    .schema(Some(Ref::from_schema_name(ProblemSchema::name())))
                    .build(),
            )
            .build();
        let responses = &mut operation.responses.responses;
        responses.insert(status.as_str().to_owned(), RefOr::T(response));
    }
    operation
}

/// The codes of a route by status: its own, those of its access rule, and what
/// any request of its kind can meet.
fn errors(route: &Route) -> BTreeMap<StatusCode, Vec<&'static str>> {
    let operation = route.operation();
    let mut codes = route.codes().to_vec();
    if operation.request_body.is_some() {
        codes.extend(["validation_error", "payload_too_large"]);
    }
    if operation.parameters.is_some() {
        codes.push("validation_error");
    }
    codes.extend(["internal_error", "timeout"]);
    codes.sort_unstable();
    codes.dedup();
    let mut by_status: BTreeMap<StatusCode, Vec<&'static str>> = BTreeMap::new();
    for code in codes {
        by_status
            .entry(status_of_code(code))
            .or_default()
            .push(code);
    }
    for &(status, code) in route.statuses() {
        by_status.entry(status).or_default().push(code);
    }
    by_status
}

/// The name of the permission, or the list of those that are needed together.
fn permission_extension(rule: AccessRule) -> Option<Extensions> {
    let needed = match rule {
        AccessRule::Permission(permission) => json!(permission.name()),
        AccessRule::Permissions(permissions) => json!(permissions.map(Permission::name)),
        _ => return None,
    };
    Some(Extensions::from_iter([("x-permission", needed)]))
}

fn security(rule: AccessRule) -> Option<Vec<SecurityRequirement>> {
    let scheme = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    match rule {
        AccessRule::Public => None,
        AccessRule::Authenticated | AccessRule::Permission(_) | AccessRule::Permissions(_) => {
            Some(vec![scheme(BEARER)])
        }
        AccessRule::Bootstrap => Some(vec![scheme(BOOTSTRAP)]),
        AccessRule::Internal => Some(vec![scheme(INTERNAL)]),
        AccessRule::CheckCaller => Some(vec![scheme(INTERNAL), scheme(BEARER)]),
        AccessRule::MetricsScrape => Some(vec![scheme(SCRAPE), SecurityRequirement::default()]),
    }
}

fn security_schemes() -> [(&'static str, SecurityScheme); 4] {
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    bearer.description = Some("The access token of a login".to_owned());
    let mut scrape = Http::new(HttpAuthScheme::Bearer);
    scrape.description = Some("The scrape token, where one is configured".to_owned());
    let header = |name: &str| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(name)));
    [
        (BEARER, SecurityScheme::Http(bearer)),
        (SCRAPE, SecurityScheme::Http(scrape)),
        (INTERNAL, header("X-Internal-Secret")),
        (BOOTSTRAP, header("X-Bootstrap-Secret")),
    ]
}

fn http_method(name: &str) -> Option<HttpMethod> {
    match name {
        "GET" => Some(HttpMethod::Get),
        "POST" => Some(HttpMethod::Post),
        "PUT" => Some(HttpMethod::Put),
        "PATCH" => Some(HttpMethod::Patch),
        "DELETE" => Some(HttpMethod::Delete),
        _ => None,
    }
}
