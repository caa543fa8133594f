//! What happens to every request and every answer, in one place: request id,
//! paths, CORS, security headers, problems, metrics and the access log.

mod client_address;
mod context;
mod cors;
mod log;
mod metrics;
mod paths;

use std::rc::Rc;

use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage as _};
use futures::future::{Either, ready};

pub(crate) use client_address::ClientAddress;
pub(crate) use context::{REQUEST_ID, RequestContext, RequestIds};
pub(crate) use cors::Cors;
pub(crate) use metrics::HttpMetrics;

use crate::problem::Problem;
use crate::state::{HttpState, Shared};

/// A year, in seconds, for this host and those below it (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The middleware.
pub(crate) fn handle<S>(
    state: &HttpState,
    mut request: ServiceRequest,
    next: &S,
) -> impl Future<Output = Result<ServiceResponse, Error>> + use<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = Error>,
{
    let state = state.clone();
    let shared = state.shared();
    let context = Rc::new(RequestContext::begin(
        shared.request_ids.of(request.headers()),
        shared.parts.clock.monotonic(),
    ));
    request.extensions_mut().insert(Rc::clone(&context));
    paths::normalize(&mut request);
    let pending = match shared.cors.preflight(&request) {
        Some(answer) => Either::Left(ready(Ok(request.into_response(answer)))),
        None => Either::Right(next.call(request)),
    };
    async move {
        let response = pending.await?;
        Ok(finish(state.shared(), &context, response))
    }
}

fn finish(shared: &Shared, context: &RequestContext, response: ServiceResponse) -> ServiceResponse {
    let mut response = with_request_id(context, response);
    set_headers(shared, context, &mut response);
    let latency = shared
        .parts
        .clock
        .monotonic()
        .saturating_sub(context.started());
    let size = match response.response().body().size() {
        BodySize::Sized(size) => size,
        BodySize::None | BodySize::Stream => 0,
    };
    shared
        .metrics
        .record(context.route(), &response, latency, size);
    log::write(shared, context, &response, latency);
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

fn set_headers(shared: &Shared, context: &RequestContext, response: &mut ServiceResponse) {
    let origin = shared.cors.allowed_origin(response.request().headers());
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, context.request_id_header());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if shared.https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if shared.cors.is_on() {
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
