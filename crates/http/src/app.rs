//! The actix-web application.

use std::collections::BTreeMap;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpResponse};

use crate::edge;
use crate::problem::{EdgeCode, Problem};
use crate::routing::{Route, RouteId};
use crate::state::HttpState;

/// The application for one thread of the server:
/// `HttpServer::new(move || auth_http::app(state.clone()))`.
pub fn app(
    state: HttpState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let configuration = configure(state.clone());
    App::new()
        .configure(configuration)
        .wrap_fn(move |request, next| edge::handle(&state, request, next))
}

/// Mounts every route, without the edge's middleware. Paths are mounted bare:
/// the edge takes `/api` and a trailing slash away before the router looks.
pub fn configure(state: HttpState) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        for (path, routes) in by_path(&state.shared().routes) {
            let mut resource = web::resource(path);
            let mut allowed: Vec<Method> = Vec::new();
            for (id, route) in routes {
                for method in route.methods() {
                    allowed.push(method.clone());
                    resource = resource.route(route.mount(id, method.clone(), &state));
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
}

/// The routes of each path, in the order of their first route.
fn by_path(routes: &[Route]) -> Vec<(String, Vec<(RouteId, &Route)>)> {
    let mut order: BTreeMap<String, usize> = BTreeMap::new();
    let mut resources: Vec<(String, Vec<(RouteId, &Route)>)> = Vec::new();
    for (id, route) in routes.iter().enumerate() {
        let path = route.mounted_path();
        let position = *order.entry(path.clone()).or_insert(resources.len());
        match resources.get_mut(position) {
            Some((_, routes)) => routes.push((RouteId(id), route)),
            None => resources.push((path, vec![(RouteId(id), route)])),
        }
    }
    resources
}
