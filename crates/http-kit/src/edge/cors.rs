//! CORS for configured origins only. Tokens travel in headers, not in cookies,
//! so no credentials are allowed.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
/// How long a browser may keep a preflight's answer, in seconds.
const MAX_AGE: &str = "600";

/// The origins that browsers may call from.
pub(crate) struct Cors {
    origins: Vec<String>,
    request_headers: HeaderValue,
}

impl Cors {
    pub(crate) fn new(origins: &[String], request_headers: &[String]) -> Self {
        let trimmed = origins.iter().map(|o| o.trim_end_matches('/').to_owned());
        let request_headers = HeaderValue::try_from(request_headers.join(", "));
        Self {
            origins: trimmed.collect(),
            // What is no header is none that a browser may send.
            request_headers: request_headers.unwrap_or(HeaderValue::from_static("")),
        }
    }

    /// Whether any origin is allowed.
    pub(crate) fn is_on(&self) -> bool {
        !self.origins.is_empty()
    }

    /// The request's origin, if it is allowed.
    pub(crate) fn allowed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if !self.is_on() {
            return None;
        }
        let origin = headers.get(header::ORIGIN)?;
        let known = self
            .origins
            .iter()
            .any(|allowed| origin == allowed.as_str());
        known.then(|| origin.clone())
    }

    /// The answer to a preflight request of an allowed origin (Fetch, section
    /// 3.2.2); `None`: the request is none.
    pub(crate) fn preflight(&self, request: &ServiceRequest) -> Option<HttpResponse> {
        if request.method() != Method::OPTIONS {
            return None;
        }
        self.allowed_origin(request.headers())?;
        request
            .headers()
            .get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        Some(
            HttpResponse::NoContent()
                .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, &self.request_headers))
                .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE))
                .finish(),
        )
    }
}
