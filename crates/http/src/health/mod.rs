//! Whether the service lives, can work, and how it does.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use auth_domain::clock::Clock;
use auth_domain::health::HealthProbe;
use bytes::Bytes;
use futures::future::join_all;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{MetricsScrape, Open};
use crate::answer::{Answer, json, ok};
use crate::input::{Fields, FromFields, JsonBody, State, line};
use crate::routing::{Route, route};

/// How long a dependency may take to answer.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::<__path_healthz, _, _>(healthz).quiet(),
        route::<__path_health, _, _>(health).quiet(),
        route::<__path_readyz, _, _>(readyz).quiet(),
        route::<__path_version, _, _>(version),
        route::<__path_metrics, _, _>(metrics)
            .quiet()
            .undocumented(),
        route::<__path_metrics_prometheus, _, _>(metrics_prometheus).quiet(),
        route::<__path_echo, _, _>(echo),
    ]
}

/// The process lives.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
struct Alive {
    status: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "monitoring", responses((status = 200, body = Alive)))]
async fn healthz(_anybody: Open) -> Answer {
    alive()
}

/// The same as `/healthz`.
#[utoipa::path(get, path = "/health", tag = "monitoring", responses((status = 200, body = Alive)))]
async fn health(_anybody: Open) -> Answer {
    alive()
}

#[expect(clippy::unnecessary_wraps, reason = "what handlers answer")]
fn alive() -> Answer {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(Bytes::from_static(br#"{"status":"ok"}"#)))
}

/// Whether the service can work, and what it works with.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "status": "ready",
    "dependencies": {"database": {"status": "up", "required": true, "latency_ms": 0.4}}
}))]
struct Readiness {
    /// `ready`, or `unavailable`: something required is down.
    status: &'static str,
    dependencies: BTreeMap<&'static str, Dependency>,
}

/// One thing that the service works with.
#[derive(Serialize, ToSchema)]
struct Dependency {
    /// `up` or `down`.
    status: &'static str,
    /// Whether the service cannot work without it.
    required: bool,
    /// How long it took to answer, in milliseconds.
    latency_ms: f64,
}

/// Whether the service can work: 503 when something that it cannot work
/// without does not answer within two seconds.
#[utoipa::path(get, path = "/readyz", tag = "monitoring", responses(
    (status = 200, body = Readiness),
    (status = 503, body = Readiness),
))]
async fn readyz(_anybody: Open, state: State) -> Answer {
    let asked = state
        .probes
        .iter()
        .map(|probe| ask(&**probe, &*state.clock));
    let dependencies: BTreeMap<_, _> = join_all(asked).await.into_iter().collect();
    let ready = dependencies
        .values()
        .all(|d| !d.required || d.status == "up");
    let (code, status) = if ready {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    json(
        code,
        &Readiness {
            status,
            dependencies,
        },
    )
}

async fn ask(probe: &dyn HealthProbe, clock: &dyn Clock) -> (&'static str, Dependency) {
    let started = clock.monotonic();
    let outcome = tokio::time::timeout(PROBE_LIMIT, probe.probe()).await;
    let latency = clock.monotonic().saturating_sub(started);
    match &outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(
                dependency = probe.name(),
                error = error as &dyn std::error::Error,
                "down"
            );
        }
        Err(_elapsed) => tracing::warn!(dependency = probe.name(), "no answer in time"),
    }
    let dependency = Dependency {
        status: if matches!(outcome, Ok(Ok(()))) {
            "up"
        } else {
            "down"
        },
        required: probe.required(),
        latency_ms: latency.as_secs_f64() * 1_000.0,
    };
    (probe.name(), dependency)
}

/// The version of the service.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"version": "0.1.0"}))]
struct Version {
    version: &'static str,
}

/// The version of the service.
#[utoipa::path(get, path = "/version", tag = "monitoring", responses((status = 200, body = Version)))]
async fn version(_anybody: Open, state: State) -> Answer {
    let version = state.options.version;
    ok(&Version { version })
}

/// The same as `/metrics/prometheus`, where scrapers look first.
#[utoipa::path(get, path = "/metrics", tag = "monitoring", responses(
    (status = 200, body = String, content_type = "text/plain", example = "http_requests_total 1\n"),
))]
async fn metrics(_scraper: MetricsScrape, state: State) -> Answer {
    exposition(&state)
}

/// Metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics/prometheus", tag = "monitoring", responses(
    (status = 200, body = String, content_type = "text/plain", example = "http_requests_total 1\n"),
))]
async fn metrics_prometheus(_scraper: MetricsScrape, state: State) -> Answer {
    exposition(&state)
}

#[expect(clippy::unnecessary_wraps, reason = "what handlers answer")]
fn exposition(state: &State) -> Answer {
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body((state.metrics)()))
}

/// Text that comes back.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"message": "hello"}))]
struct Echo {
    message: String,
}

impl FromFields for Echo {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let message = fields.required("message", line)?;
        Some(Self { message })
    }
}

/// Answers what it was sent.
#[utoipa::path(post, path = "/echo/", tag = "monitoring", request_body = Echo,
    responses((status = 200, body = Echo)))]
async fn echo(_anybody: Open, JsonBody(echo): JsonBody<Echo>) -> Answer {
    ok(&echo)
}
