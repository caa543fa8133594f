//! The access log: one event per request, and the only place where an error is
//! logged.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use actix_web::dev::ServiceResponse;
use auth_domain::ids::{OrganizationId, UserId};

use super::{Edge, problem_of};
use crate::context::{RequestContext, RouteId};

/// Writes the event: a server error with its causes at `error`, the successes
/// of probes and checks at `debug`, everything else at `info`.
pub(crate) fn write(
    edge: &Edge,
    context: &RequestContext,
    response: &ServiceResponse,
    latency: Duration,
) {
    let status = response.status();
    let quiet = context
        .route()
        .and_then(|RouteId(position)| edge.quiet.get(position).copied())
        .unwrap_or_default();
    macro_rules! access {
        ($level:ident) => {{
            let problem = problem_of(response);
            tracing::$level!(
                request_id = context.request_id(),
                user_id = context.user().map(|(user, _)| UserId::get(user)),
                organization_id = context.user().map(|(_, own)| OrganizationId::get(own)),
                route = edge.metrics.handler_of(context.route()),
                method = response.request().method().as_str(),
                status = status.as_u16(),
                latency_ms = latency.as_secs_f64() * 1_000.0,
                code = problem.map(|problem| problem.code()),
                error = problem.and_then(|problem| chain(problem)),
                "request"
            );
        }};
    }
    if status.is_server_error() {
        access!(error);
    } else if quiet && status.is_success() {
        access!(debug);
    } else {
        access!(info);
    }
}

/// The causes of an error, outermost first.
fn chain(problem: &dyn Error) -> Option<String> {
    let mut cause = problem.source()?;
    let mut text = cause.to_string();
    while let Some(next) = cause.source() {
        let _ = write!(text, ": {next}");
        cause = next;
    }
    Some(text)
}
