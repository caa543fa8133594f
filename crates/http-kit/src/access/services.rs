//! Callers who know a shared secret.

use std::ops::Deref;

use actix_web::http::header::HeaderName;
use auth_application::access::Operator;
use auth_application::rbac::Asker;
use auth_domain::security::{LimitRule, Subject};

use super::bearer::bearer_token;
use super::{Access, AccessRule, authenticate, sealed};
use crate::call::Call;
use crate::problem::{EdgeCode, Problem};
use crate::secret::SharedSecret;

/// The header of the internal secret.
pub const INTERNAL_SECRET: HeaderName = HeaderName::from_static("x-internal-secret");
/// The header of the bootstrap secret.
pub const BOOTSTRAP_SECRET: HeaderName = HeaderName::from_static("x-bootstrap-secret");

/// An operator who knows the bootstrap secret.
pub struct Bootstrap(Operator);

impl sealed::Sealed for Bootstrap {}
impl Access for Bootstrap {
    fn rule() -> AccessRule {
        AccessRule::Bootstrap
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        let secret = call.secrets().bootstrap.as_ref();
        let secret = secret.ok_or(EdgeCode::BootstrapNotConfigured)?;
        let refusal = EdgeCode::InvalidBootstrapSecret;
        demand_secret(call, secret, &BOOTSTRAP_SECRET, refusal).await?;
        Ok(Self(Operator::bootstrap(&call.origin())))
    }
}

impl Deref for Bootstrap {
    type Target = Operator;

    fn deref(&self) -> &Operator {
        &self.0
    }
}

/// A service that knows the internal secret.
pub struct Internal(Operator);

impl sealed::Sealed for Internal {}
impl Access for Internal {
    fn rule() -> AccessRule {
        AccessRule::Internal
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        demand_internal_secret(call).await?;
        Ok(Self(Operator::service(&call.origin())))
    }
}

impl Deref for Internal {
    type Target = Operator;

    fn deref(&self) -> &Operator {
        &self.0
    }
}

/// A service that knows the internal secret, or a signed-in user.
pub struct CheckCaller(Asker);

impl sealed::Sealed for CheckCaller {}
impl Access for CheckCaller {
    fn rule() -> AccessRule {
        AccessRule::CheckCaller
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        if call.request().headers().contains_key(INTERNAL_SECRET) {
            demand_internal_secret(call).await?;
            return Ok(Self(Asker::Service(Operator::service(&call.origin()))));
        }
        Ok(Self(Asker::User(authenticate(call).await?)))
    }
}

impl Deref for CheckCaller {
    type Target = Asker;

    fn deref(&self) -> &Asker {
        &self.0
    }
}

/// A scraper with the token, if one is configured.
pub struct MetricsScrape;

impl sealed::Sealed for MetricsScrape {}
impl Access for MetricsScrape {
    fn rule() -> AccessRule {
        AccessRule::MetricsScrape
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        let Some(secret) = &call.secrets().metrics else {
            return Ok(Self);
        };
        let token = bearer_token(call.request().headers())?;
        if secret.is(token.as_bytes()) {
            Ok(Self)
        } else {
            Err(EdgeCode::InvalidToken.into())
        }
    }
}

async fn demand_internal_secret(call: &Call) -> Result<(), Problem> {
    let secret = call.secrets().internal.as_ref();
    let secret = secret.ok_or(EdgeCode::InternalNotConfigured)?;
    demand_secret(
        call,
        secret,
        &INTERNAL_SECRET,
        EdgeCode::InvalidInternalSecret,
    )
    .await
}

/// The right secret always passes; wrong ones count against their address.
async fn demand_secret(
    call: &Call,
    secret: &SharedSecret,
    header: &HeaderName,
    refusal: EdgeCode,
) -> Result<(), Problem> {
    if secret.is_shown_in(call.request().headers(), header) {
        return Ok(());
    }
    let address = Subject::address(call.origin().ip);
    let limits = &call.state().app.limits;
    let _counted = limits.take([(LimitRule::WrongSecret, address)]).await?;
    Err(refusal.into())
}
