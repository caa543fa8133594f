//! Whether the service lives, can work, and how it does.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use auth_domain::clock::Clock;
use auth_domain::health::HealthProbe;
use auth_domain::wire_enum;
use auth_http_kit::access::{MetricsScrape, Open};
use auth_http_kit::answer::{Answer, Json, Reply, describe_json, json_response};
use auth_http_kit::describe::Description;
use auth_http_kit::input::{JsonBody, Line, State, Word};
use auth_http_kit::problem::Problem;
use auth_http_kit::routing::Route;
use auth_http_kit::{routes, wire_object};
use futures::future::join_all;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// How long a dependency may take to answer.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> Vec<Route> {
    routes!["monitoring";
        healthz.quiet(),
        health.quiet(),
        readyz.quiet(),
        version,
        metrics.quiet().undocumented(),
        metrics_prometheus.quiet(),
        echo,
    ]
}

/// The process lives.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
struct Alive {
    status: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz")]
async fn healthz(_anybody: Open) -> Answer<Json<Alive>> {
    Ok(Json(Alive { status: "ok" }))
}

/// The same as `/healthz`.
#[utoipa::path(get, path = "/health")]
async fn health(anybody: Open) -> Answer<Json<Alive>> {
    healthz(anybody).await
}

wire_enum! {
    /// Whether the service can work.
    ReadinessStatus {
        /// Everything required is up.
        Ready = "ready",
        /// Something required is down.
        Unavailable = "unavailable",
    }
}

wire_enum! {
    /// Whether a dependency answers.
    DependencyStatus {
        /// It does.
        Up = "up",
        /// It does not, or not in time.
        Down = "down",
    }
}

type ReadinessStatusWord = Word<ReadinessStatus>;
type DependencyStatusWord = Word<DependencyStatus>;

/// Whether the service can work, and what it works with.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "status": "ready",
    "dependencies": {"database": {"status": "up", "required": true, "latency_ms": 0.4}}
}))]
struct Readiness {
    status: ReadinessStatusWord,
    dependencies: BTreeMap<&'static str, Dependency>,
}

/// One thing that the service works with.
#[derive(Serialize, ToSchema)]
struct Dependency {
    status: DependencyStatusWord,
    /// Whether the service cannot work without it.
    required: bool,
    /// How long it took to answer, in milliseconds.
    latency_ms: f64,
}

/// 200 where the service can work, else 503, with the same body.
impl Reply for Readiness {
    fn describe(description: &mut Description) {
        for status in [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE] {
            describe_json::<Self>(description, status);
        }
    }

    fn send(self) -> Result<HttpResponse, Problem> {
        let status = match self.status {
            Word(ReadinessStatus::Ready) => StatusCode::OK,
            Word(ReadinessStatus::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        };
        json_response(status, &self)
    }
}

/// Whether the service can work: 503 when something that it cannot work
/// without does not answer within two seconds.
#[utoipa::path(get, path = "/readyz")]
async fn readyz(_anybody: Open, state: State) -> Answer<Readiness> {
    let asked = state
        .probes
        .iter()
        .map(|probe| ask(&**probe, &*state.clock));
    let dependencies: BTreeMap<_, _> = join_all(asked).await.into_iter().collect();
    let ready = dependencies
        .values()
        .all(|d| !d.required || d.status == Word(DependencyStatus::Up));
    let status = if ready {
        ReadinessStatus::Ready
    } else {
        ReadinessStatus::Unavailable
    };
    Ok(Readiness {
        status: Word(status),
        dependencies,
    })
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
        status: Word(if matches!(outcome, Ok(Ok(()))) {
            DependencyStatus::Up
        } else {
            DependencyStatus::Down
        }),
        required: probe.required(),
        latency_ms: latency.as_secs_f64() * 1_000.0,
    };
    (probe.name(), dependency)
}

/// The version of the service.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceVersion, example = json!({"version": "0.1.0"}))]
struct Version {
    version: &'static str,
}

/// The version of the service.
#[utoipa::path(get, path = "/version")]
async fn version(_anybody: Open, state: State) -> Answer<Json<Version>> {
    let version = state.options.version;
    Ok(Json(Version { version }))
}

/// Metrics in Prometheus' text format.
struct Exposition(String);

impl Exposition {
    const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
}

impl Reply for Exposition {
    fn describe(description: &mut Description) {
        description.success(StatusCode::OK, "Metrics in Prometheus' text format.");
        let content = json!({
            "schema": {"type": "string"},
            "example": "http_requests_total 1\n",
        });
        description.content(StatusCode::OK, "text/plain", content);
    }

    fn send(self) -> Result<HttpResponse, Problem> {
        let mut answer = HttpResponse::Ok();
        Ok(answer.content_type(Self::MEDIA_TYPE).body(self.0))
    }
}

/// The same as `/metrics/prometheus`, where scrapers look first.
#[utoipa::path(get, path = "/metrics")]
async fn metrics(_scraper: MetricsScrape, state: State) -> Answer<Exposition> {
    Ok(Exposition((state.metrics)()))
}

/// Metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics/prometheus")]
async fn metrics_prometheus(_scraper: MetricsScrape, state: State) -> Answer<Exposition> {
    Ok(Exposition((state.metrics)()))
}

wire_object! {
    /// Text to send back.
    #[example({"message": "hello"})]
    struct EchoRequest => String, by text_of {
        message: required Line,
    }
}

fn text_of(body: EchoRequest) -> String {
    body.message
}

/// Text that came back.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"message": "hello"}))]
struct Echo {
    message: String,
}

/// Answers what it was sent.
#[utoipa::path(post, path = "/echo")]
async fn echo(_anybody: Open, JsonBody(message): JsonBody<EchoRequest>) -> Answer<Json<Echo>> {
    Ok(Json(Echo { message }))
}
