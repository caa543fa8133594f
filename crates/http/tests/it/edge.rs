//! What every answer carries.

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe;
use serde_json::json;

use crate::support::{Setup, TOKEN, send};

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

/// A dependency that answers, refuses, or never answers.
#[derive(Clone, Copy)]
enum Probe {
    Up,
    Down { required: bool },
    Silent,
}

#[async_trait]
impl HealthProbe for Probe {
    fn name(&self) -> &'static str {
        match self {
            Self::Up => "database",
            Self::Down { .. } => "redis",
            Self::Silent => "broker",
        }
    }

    fn required(&self) -> bool {
        !matches!(self, Self::Down { required: false })
    }

    async fn probe(&self) -> Result<(), PortError> {
        match self {
            Self::Up => Ok(()),
            Self::Down { .. } => Err(PortError::Unavailable("refused".into())),
            Self::Silent => std::future::pending().await,
        }
    }
}

fn with_probes(probes: &[Probe]) -> Setup {
    Setup {
        probes: probes
            .iter()
            .map(|&probe| Arc::new(probe) as Arc<dyn HealthProbe>)
            .collect(),
        ..Setup::default()
    }
}

#[actix_web::test]
async fn the_clients_request_id_comes_back() {
    let request = get("/healthz").insert_header(("x-request-id", "abc-123"));
    let answer = send(Setup::default(), request).await;
    assert_eq!(answer.header("x-request-id"), Some("abc-123"));
    assert_eq!(answer.json(), json!({"status": "ok"}));
}

#[actix_web::test]
async fn an_unusable_request_id_is_replaced() {
    let request = get("/nothing").insert_header(("x-request-id", "two words"));
    let answer = send(Setup::default(), request).await;
    assert_eq!(answer.header("x-request-id").unwrap().len(), 32);
    assert_eq!(answer.code(), "not_found");
}

#[actix_web::test]
async fn hsts_is_sent_where_clients_come_by_https() {
    let plain = send(Setup::default(), get("/healthz")).await;
    assert_eq!(plain.header("strict-transport-security"), None);
    assert_eq!(plain.header("x-content-type-options"), Some("nosniff"));
    let https = Setup::with(|o| o.public_url = "https://auth.example.com".parse().ok());
    let answer = send(https, get("/nothing")).await;
    assert!(answer.header("strict-transport-security").is_some());
}

#[actix_web::test]
async fn only_configured_origins_may_call_from_a_browser() {
    let setup = || Setup::with(|o| o.cors_origins = vec!["https://app.example.com".to_owned()]);
    let preflight = |origin: &'static str| {
        TestRequest::default()
            .method(actix_web::http::Method::OPTIONS)
            .uri("/api/v1/orgs")
            .insert_header(("origin", origin))
            .insert_header(("access-control-request-method", "POST"))
    };
    let allowed = send(setup(), preflight("https://app.example.com")).await;
    assert_eq!(allowed.status, 204);
    let origin = allowed.header("access-control-allow-origin");
    assert_eq!(origin, Some("https://app.example.com"));
    assert_eq!(allowed.header("vary"), Some("Origin"));
    for origin in [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "null",
    ] {
        let refused = send(setup(), preflight(origin)).await;
        assert_eq!(refused.status, 405, "{origin}");
        assert_eq!(refused.header("access-control-allow-origin"), None);
    }
    let off = send(Setup::default(), preflight("https://app.example.com")).await;
    assert_eq!(off.header("access-control-allow-origin"), None);
}

#[actix_web::test]
async fn a_panic_answers_500_and_shows_nothing_of_it() {
    // The mocked user repository expects no call, and panics.
    let request = TestRequest::post()
        .uri("/api/auth/login")
        .set_payload(r#"{"username":"ana","password":"x"}"#);
    let answer = send(Setup::default(), request).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.code()),
        (500, "internal_error")
    );
    let text = String::from_utf8(answer.body).unwrap();
    assert!(!text.contains("Mock"), "{text}");
}

#[actix_web::test]
async fn a_request_that_takes_too_long_is_504() {
    let mut setup = with_probes(&[Probe::Silent]);
    setup.options.request_timeout = Duration::from_millis(1);
    let answer = send(setup, get("/readyz")).await;
    assert_eq!((answer.status.as_u16(), &*answer.code()), (504, "timeout"));
}

#[actix_web::test]
async fn the_service_is_ready_when_all_that_it_needs_answers() {
    let setup = with_probes(&[Probe::Up, Probe::Down { required: false }]);
    let answer = send(setup, get("/api/readyz")).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["status"], "ready");
    assert_eq!(body["dependencies"]["database"]["status"], "up");
    assert_eq!(body["dependencies"]["redis"]["status"], "down");
    assert!(body["dependencies"]["redis"]["latency_ms"].is_number());
}

#[actix_web::test]
async fn the_service_is_not_ready_without_what_it_needs() {
    let setup = with_probes(&[Probe::Up, Probe::Down { required: true }]);
    let answer = send(setup, get("/api/readyz")).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["status"], "unavailable");
}

#[actix_web::test]
async fn metrics_are_open_or_behind_their_token() {
    let open = send(Setup::default(), get("/metrics")).await;
    assert_eq!(
        (open.status.as_u16(), &open.body[..]),
        (200, &b"up 1\n"[..])
    );
    let guarded = || Setup::with(|o| o.metrics_token = Some("scrape".into()));
    for path in ["/metrics", "/api/metrics/prometheus"] {
        let anonymous = send(guarded(), get(path)).await;
        assert_eq!(
            (anonymous.status.as_u16(), &*anonymous.code()),
            (401, "not_authenticated")
        );
        let wrong = get(path).insert_header(("authorization", format!("Bearer {TOKEN}")));
        assert_eq!(send(guarded(), wrong).await.code(), "invalid_token");
        let right = get(path).insert_header(("authorization", "Bearer scrape"));
        assert_eq!(send(guarded(), right).await.status, 200);
    }
}
