//! The actix-web application.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpResponse};

use crate::context::RouteId;
use crate::edge::{self, Edge};
use crate::openapi::{self, About};
use crate::problem::{EdgeCode, Problem};
use crate::routing::Route;
use crate::state::{HttpParts, HttpState};

/// Routes and what they are served with, made once and shared by all threads.
#[derive(Clone)]
pub struct HttpService {
    state: HttpState,
    edge: Arc<Edge>,
    routes: Arc<Vec<Route>>,
}

impl HttpService {
    /// Prepares serving: renders the OpenAPI document, digests the secrets.
    pub fn new(about: &About, routes: Vec<Route>, parts: HttpParts) -> Self {
        let document = openapi::document(about, &routes).to_string();
        let edge = Edge::new(&parts, &routes);
        Self {
            state: HttpState::new(parts, document.into()),
            edge: Arc::new(edge),
            routes: Arc::new(routes.into_iter().map(Route::bare).collect()),
        }
    }

    pub(crate) fn edge(&self) -> Arc<Edge> {
        Arc::clone(&self.edge)
    }
}

/// The application for one thread of the server:
/// `HttpServer::new(move || app(service.clone()))`.
pub fn app(
    service: HttpService,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let HttpService {
        state,
        edge,
        routes,
    } = service;
    App::new()
        .configure(move |config| mount(config, &routes, &state))
        .wrap_fn(move |request, next| edge::handle(&edge, request, next))
}

/// Mounts every route, without the edge's middleware. Paths are mounted bare:
/// the edge takes `/api` and a trailing slash away before the router looks.
fn mount(config: &mut ServiceConfig, routes: &[Route], state: &HttpState) {
    for (path, routes) in by_path(routes) {
        let mut resource = web::resource(path);
        let mut allowed: Vec<Method> = Vec::new();
        for (id, route) in routes {
            for method in served(route) {
                resource = resource.route(route.mount(id, method.clone(), state));
                allowed.push(method);
            }
        }
        let refuse = move || {
            let problem = Problem::method_not_allowed(&allowed);
            async { HttpResponse::from_error(problem) }
        };
        config.service(resource.default_service(web::to(refuse)));
    }
    config.default_service(web::to(|| async {
        HttpResponse::from_error(Problem::from(EdgeCode::NotFound))
    }));
}

/// The methods that a route answers: HEAD wherever GET is, with the same head
/// and no body (RFC 9110, section 9.3.2).
fn served(route: &Route) -> Vec<Method> {
    let mut methods = route.methods().to_vec();
    if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
        methods.push(Method::HEAD);
    }
    methods
}

/// The routes of each path, in the order of their first route.
fn by_path(routes: &[Route]) -> Vec<(&str, Vec<(RouteId, &Route)>)> {
    let mut order: BTreeMap<&str, usize> = BTreeMap::new();
    let mut resources: Vec<(&str, Vec<(RouteId, &Route)>)> = Vec::new();
    for (id, route) in routes.iter().enumerate() {
        let path = route.mounted_path();
        let position = *order.entry(path).or_insert(resources.len());
        match resources.get_mut(position) {
            Some((_, routes)) => routes.push((RouteId(id), route)),
            None => resources.push((path, vec![(RouteId(id), route)])),
        }
    }
    resources
}
