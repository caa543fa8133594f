//! Sends requests, and holds every answer to the document.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use auth_http::HttpService;
use auth_testkit::openapi::{ApiDocument, Exchange};
use serde_json::Value;

use crate::support::Setup;

/// An answer, read.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&self.body));
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The code of a problem document.
    pub(crate) fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"));
        document["code"].as_str().unwrap().to_owned()
    }

    /// The places and kinds of a validation error.
    pub(crate) fn refused(&self) -> Vec<(String, String)> {
        let document = self.json();
        assert_eq!(document["code"], "validation_error");
        assert_eq!(document["detail"], document["errors"]);
        let errors = document["errors"].as_array().unwrap().iter();
        errors
            .map(|error| {
                let loc = error["loc"].as_array().unwrap().iter();
                let loc: Vec<&str> = loc.map(|part| part.as_str().unwrap()).collect();
                (loc.join("."), error["type"].as_str().unwrap().to_owned())
            })
            .collect()
    }
}

/// Sends a request to an application of that set-up.
pub(crate) async fn send(setup: Setup, request: TestRequest) -> Answered {
    send_to(&setup.service(), request).await
}

/// Sends a request to an application of that service.
pub(crate) async fn send_to(service: &HttpService, request: TestRequest) -> Answered {
    let app = actix_web::test::init_service(auth_http::app(service.clone())).await;
    let request = request.to_request();
    let (method, target) = (request.method().to_string(), request.uri().to_string());
    let response = actix_web::test::call_service(&app, request).await;
    let answer = Answered {
        status: response.status(),
        headers: response.headers().clone(),
        body: actix_web::test::read_body(response).await.to_vec(),
    };
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    ApiDocument::committed().judge(&Exchange {
        method: &method,
        target: &target,
        status: answer.status.as_u16(),
        headers: &headers.collect::<Vec<_>>(),
        body: &answer.body,
    });
    answer
}
