//! The HTTP metrics, under the names of the predecessor. Label sets are
//! closed, and every handle is looked up in the registry once.

use std::sync::OnceLock;
use std::time::Duration;

use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, header};
use metrics::{Counter, Histogram, counter, histogram};

use super::text_of;
use crate::context::RouteId;

const METHODS: [&str; 8] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other",
];
const STATUSES: [u16; 24] = [
    200, 201, 202, 204, 302, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 422, 429, 431,
    500, 501, 502, 503, 504,
];

/// The handles of all routes; the last entry is of requests that met none.
pub(crate) struct HttpMetrics {
    handlers: Vec<HandlerMetrics>,
    all: OnceLock<Histogram>,
}

struct HandlerMetrics {
    handler: String,
    methods: [MethodMetrics; METHODS.len()],
    request_sizes: Sizes,
    response_sizes: Sizes,
}

/// A summary without quantiles, which is what the predecessor had: how many
/// bodies, and how many bytes in all.
struct Sizes {
    name: &'static str,
    count: OnceLock<Counter>,
    sum: OnceLock<Counter>,
}

#[derive(Default)]
struct MethodMetrics {
    statuses: [OnceLock<Counter>; STATUSES.len() + 1],
    duration: OnceLock<Histogram>,
}

impl HttpMetrics {
    pub(crate) fn new(templates: impl Iterator<Item = String>) -> Self {
        let named = templates.chain(std::iter::once("none".to_owned()));
        Self {
            handlers: named.map(HandlerMetrics::new).collect(),
            all: OnceLock::new(),
        }
    }

    /// The label of a route: its template, or `none`.
    pub(crate) fn handler_of(&self, route: Option<RouteId>) -> &str {
        let found = route.and_then(|RouteId(position)| self.handlers.get(position));
        found.map_or("none", |metrics| &metrics.handler)
    }

    /// Counts one answer.
    pub(crate) fn record(
        &self,
        route: Option<RouteId>,
        response: &ServiceResponse,
        latency: Duration,
        response_size: u64,
    ) {
        let none = self.handlers.len().saturating_sub(1);
        let position = route.map_or(none, |RouteId(position)| position);
        let Some(handler) = self.handlers.get(position) else {
            return;
        };
        let request = response.request();
        let length = text_of(request.headers(), &header::CONTENT_LENGTH);
        let request_size = length.and_then(|l| l.parse().ok()).unwrap_or_default();
        let latency = latency.as_secs_f64();
        handler.record(request.method(), response.status().as_u16(), latency);
        self.all
            .get_or_init(|| histogram!("http_request_duration_highr_seconds"))
            .record(latency);
        handler.request_sizes.add(&handler.handler, request_size);
        handler.response_sizes.add(&handler.handler, response_size);
    }
}

impl HttpMetrics {
    /// Counts an answer to what was no request.
    pub(crate) fn record_refused(&self, status: u16) {
        if let Some(none) = self.handlers.last() {
            none.record(&Method::CONNECT, status, 0.0);
        }
    }
}

impl HandlerMetrics {
    fn new(handler: String) -> Self {
        Self {
            handler,
            methods: Default::default(),
            request_sizes: Sizes::new("http_request_size_bytes"),
            response_sizes: Sizes::new("http_response_size_bytes"),
        }
    }

    fn record(&self, method: &Method, status: u16, latency: f64) {
        let (label, position) = method_label(method);
        let Some(metrics) = self.methods.get(position) else {
            return;
        };
        let status_position = STATUSES.iter().position(|&s| s == status);
        let cell = metrics
            .statuses
            .get(status_position.unwrap_or(STATUSES.len()));
        if let Some(cell) = cell {
            cell.get_or_init(|| {
                let status = status_position.map_or("other".to_owned(), |_| status.to_string());
                counter!("http_requests_total", "handler" => self.handler.clone(),
                    "method" => label, "status" => status)
            })
            .increment(1);
        }
        metrics
            .duration
            .get_or_init(|| {
                histogram!("http_request_duration_seconds", "handler" => self.handler.clone(),
                    "method" => label)
            })
            .record(latency);
    }
}

impl Sizes {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            count: OnceLock::new(),
            sum: OnceLock::new(),
        }
    }

    fn add(&self, handler: &str, bytes: u64) {
        let counter = |part: &str| {
            let name = format!("{}_{part}", self.name);
            counter!(name, "handler" => handler.to_owned())
        };
        self.count.get_or_init(|| counter("count")).increment(1);
        self.sum.get_or_init(|| counter("sum")).increment(bytes);
    }
}

fn method_label(method: &Method) -> (&'static str, usize) {
    let known = METHODS.iter().enumerate();
    let mut found = known.filter(|(_, name)| **name == method.as_str());
    let (position, label) = found.next().unwrap_or((METHODS.len() - 1, &"other"));
    (label, position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_of_the_clients_invention_are_one_label() {
        let label = |name: &str| method_label(&Method::from_bytes(name.as_bytes()).unwrap()).0;
        assert_eq!(label("GET"), "GET");
        assert_eq!(label("PATCH"), "PATCH");
        assert_eq!(label("BREW"), "other");
        assert_eq!(label("other"), "other");
    }
}
