//! What happens to every request and every answer, in one place: request id,
//! paths, CORS, security headers, problems, metrics and the access log.

mod cors;
mod log;
mod malformed;
mod metrics;
mod paths;

use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage as _};
use auth_domain::clock::Clock;
use futures::future::{Either, ready};

use cors::Cors;
pub(crate) use malformed::Connection;
use metrics::HttpMetrics;

use crate::context::{REQUEST_ID, RequestContext, RequestIds};
use crate::problem::Problem;
use crate::routing::Route;
use crate::state::HttpParts;

/// A year, in seconds, for this host and those below it (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// What the edge works with, made once and shared by all threads.
pub(crate) struct Edge {
    clock: Arc<dyn Clock>,
    cors: Cors,
    https: bool,
    metrics: HttpMetrics,
    request_ids: RequestIds,
    /// Which routes are logged at `debug`, by position.
    quiet: Vec<bool>,
}

impl Edge {
    /// The edge before those routes.
    pub(crate) fn new(parts: &HttpParts, routes: &[Route]) -> Self {
        let options = &parts.options;
        let public_url = options.public_url.as_ref();
        Self {
            clock: Arc::clone(&parts.clock),
            cors: Cors::new(&options.cors_origins, &options.cors_request_headers),
            https: public_url.is_some_and(|url| url.scheme() == "https"),
            metrics: HttpMetrics::new(routes.iter().map(Route::template)),
            request_ids: RequestIds::new(&*parts.ids),
            quiet: routes.iter().map(Route::is_quiet).collect(),
        }
    }
}

/// The middleware.
pub(crate) fn handle<S>(
    edge: &Arc<Edge>,
    mut request: ServiceRequest,
    next: &S,
) -> impl Future<Output = Result<ServiceResponse, Error>> + use<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = Error>,
{
    let edge = Arc::clone(edge);
    let context = Rc::new(RequestContext::begin(
        edge.request_ids.of(request.headers()),
        edge.clock.monotonic(),
    ));
    request.extensions_mut().insert(Rc::clone(&context));
    context.set_trailing_slash(paths::normalize(&mut request));
    let pending = match edge.cors.preflight(&request) {
        Some(answer) => Either::Left(ready(Ok(request.into_response(answer)))),
        None => Either::Right(next.call(request)),
    };
    async move {
        let response = pending.await?;
        Ok(finish(&edge, &context, response))
    }
}

fn finish(edge: &Edge, context: &RequestContext, response: ServiceResponse) -> ServiceResponse {
    let mut response = with_request_id(context, response);
    set_headers(edge, context, &mut response);
    let latency = edge.clock.monotonic().saturating_sub(context.started());
    let size = match response.response().body().size() {
        BodySize::Sized(size) => size,
        BodySize::None | BodySize::Stream => 0,
    };
    edge.metrics
        .record(context.route(), &response, latency, size);
    log::write(edge, context, &response, latency);
    response
}

/// A problem document learns here which request it is about.
fn with_request_id(context: &RequestContext, response: ServiceResponse) -> ServiceResponse {
    let body = problem_of(&response).map(|problem| problem.body(context.request_id()));
    match body {
        Some(body) => response.map_body(|_, _| BoxBody::new(body)),
        None => response,
    }
}

fn problem_of(response: &ServiceResponse) -> Option<&Problem> {
    response.response().error()?.as_error::<Problem>()
}

fn set_headers(edge: &Edge, context: &RequestContext, response: &mut ServiceResponse) {
    let origin = edge.cors.allowed_origin(response.request().headers());
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, context.request_id_header());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if edge.https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if edge.cors.is_on() {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

/// What a browser lets its script read of an answer.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Link, RateLimit, RateLimit-Policy, Retry-After, X-Policy-Revision, X-Request-Id",
);

/// Reads a header as text.
fn text_of<'a>(headers: &'a header::HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
