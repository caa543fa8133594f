//! Who may call a route: a closed set of extractors.
//!
//! A route states its access by the type of its handler's first argument, and
//! one that states none does not compile into the router. Access is decided
//! before anything else of the request is read.

mod bearer;
pub mod perm;
mod secret;

use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::http::header::HeaderName;
use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::identity::Principal;
use auth_domain::rbac::Permission;
use auth_domain::security::{LimitRule, Subject};

use crate::problem::{EdgeCode, Problem};
use crate::routing::Call;
use bearer::bearer_token;
pub(crate) use secret::SharedSecret;

/// The header of the internal secret.
pub const INTERNAL_SECRET: HeaderName = HeaderName::from_static("x-internal-secret");
/// The header of the bootstrap secret.
pub const BOOTSTRAP_SECRET: HeaderName = HeaderName::from_static("x-bootstrap-secret");

/// Who may call a route, for the documentation and the route manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessRule {
    /// Anybody.
    Public,
    /// A signed-in user.
    Authenticated,
    /// A signed-in user with a permission.
    Permission(Permission),
    /// A signed-in user with both permissions.
    Permissions([Permission; 2]),
    /// Who knows the bootstrap secret.
    Bootstrap,
    /// Who knows the internal secret.
    Internal,
    /// Who knows the internal secret, or a signed-in user about whom the use
    /// case decides.
    CheckCaller,
    /// Who knows the scrape token, if there is one.
    MetricsScrape,
}

impl AccessRule {
    /// The codes that deciding it can answer.
    pub fn codes(self) -> &'static [&'static str] {
        match self {
            Self::Public => &[],
            Self::Authenticated => BEARER_CODES,
            Self::Permission(_) | Self::Permissions(_) => PERMISSION_CODES,
            Self::Bootstrap => BOOTSTRAP_CODES,
            Self::Internal => INTERNAL_CODES,
            Self::CheckCaller => CHECK_CODES,
            Self::MetricsScrape => SCRAPE_CODES,
        }
    }
}

impl std::fmt::Display for AccessRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Authenticated => f.write_str("authenticated"),
            Self::Permission(permission) => f.write_str(permission.name()),
            Self::Permissions([one, other]) => write!(f, "{} and {}", one.name(), other.name()),
            Self::Bootstrap => f.write_str("bootstrap secret"),
            Self::Internal => f.write_str("internal secret"),
            Self::CheckCaller => f.write_str("internal secret or authenticated"),
            Self::MetricsScrape => f.write_str("scrape token"),
        }
    }
}

const BEARER_CODES: &[&str] = &[
    "not_authenticated",
    "invalid_authorization_header",
    "invalid_token",
    "invalid_token_payload",
    "session_not_found",
    "session_revoked",
    "session_expired",
    "account_inactive",
    "organization_suspended",
    "store_unavailable",
];

const PERMISSION_CODES: &[&str] = &[
    "not_authenticated",
    "invalid_authorization_header",
    "invalid_token",
    "invalid_token_payload",
    "session_not_found",
    "session_revoked",
    "session_expired",
    "account_inactive",
    "organization_suspended",
    "store_unavailable",
    "policy_unavailable",
    "forbidden",
];

const CHECK_CODES: &[&str] = &[
    "not_authenticated",
    "invalid_authorization_header",
    "invalid_token",
    "invalid_token_payload",
    "session_not_found",
    "session_revoked",
    "session_expired",
    "account_inactive",
    "organization_suspended",
    "store_unavailable",
    "policy_unavailable",
    "forbidden",
    "internal_access_not_configured",
    "invalid_internal_secret",
    "rate_limited",
];

const BOOTSTRAP_CODES: &[&str] = &[
    "bootstrap_not_configured",
    "invalid_bootstrap_secret",
    "rate_limited",
];

const INTERNAL_CODES: &[&str] = &[
    "internal_access_not_configured",
    "invalid_internal_secret",
    "rate_limited",
];

const SCRAPE_CODES: &[&str] = &[
    "not_authenticated",
    "invalid_authorization_header",
    "invalid_token",
];

mod sealed {
    pub trait Sealed {}
}

/// Decides whether a call may go on, and who makes it.
#[diagnostic::on_unimplemented(
    message = "the first argument of a handler says who may call it",
    note = "use `Public`, `Authenticated`, `Permit<P>`, `PermitAll<(P, Q)>`, `Bootstrap`, `Internal`, `CheckCaller` or `MetricsScrape`"
)]
pub trait Access: sealed::Sealed + Sized {
    /// The rule, for the documentation.
    fn rule() -> AccessRule;

    /// Decides.
    fn extract(call: &Call) -> impl Future<Output = Result<Self, Problem>>;
}

/// Anybody may call.
pub struct Public {
    origin: Origin,
}

impl sealed::Sealed for Public {}
impl Access for Public {
    fn rule() -> AccessRule {
        AccessRule::Public
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        Ok(Self {
            origin: call.origin(),
        })
    }
}

impl Public {
    /// From where the call came.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// Anybody may call, and nobody wants to know who did: probes and documents.
pub struct Open;

impl sealed::Sealed for Open {}
impl Access for Open {
    fn rule() -> AccessRule {
        AccessRule::Public
    }

    async fn extract(_call: &Call) -> Result<Self, Problem> {
        Ok(Self)
    }
}

/// A signed-in user who passed the gate.
pub struct Authenticated {
    actor: Actor,
    principal: Principal,
}

impl sealed::Sealed for Authenticated {}
impl Access for Authenticated {
    fn rule() -> AccessRule {
        AccessRule::Authenticated
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        let principal = authenticate(call).await?;
        Ok(Self {
            actor: Actor {
                who: Who::User(Box::new(principal.clone())),
                origin: call.origin(),
            },
            principal,
        })
    }
}

impl Authenticated {
    /// Who acts, and from where.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The user.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }
}

/// A signed-in user who holds a permission in its own organization.
pub struct Permit<P> {
    caller: Authenticated,
    permission: PhantomData<P>,
}

impl<P> sealed::Sealed for Permit<P> {}
impl<P: perm::Demand> Access for Permit<P> {
    fn rule() -> AccessRule {
        AccessRule::Permission(P::PERMISSION)
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        let caller = Authenticated::extract(call).await?;
        demand(call, &caller, P::PERMISSION).await?;
        Ok(Self {
            caller,
            permission: PhantomData,
        })
    }
}

impl<P> Deref for Permit<P> {
    type Target = Authenticated;

    fn deref(&self) -> &Authenticated {
        &self.caller
    }
}

/// A signed-in user who holds both permissions in its own organization.
pub struct PermitAll<P> {
    caller: Authenticated,
    permissions: PhantomData<P>,
}

impl<P> sealed::Sealed for PermitAll<P> {}
impl<P: perm::Demand, Q: perm::Demand> Access for PermitAll<(P, Q)> {
    fn rule() -> AccessRule {
        AccessRule::Permissions([P::PERMISSION, Q::PERMISSION])
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        let caller = Authenticated::extract(call).await?;
        demand(call, &caller, P::PERMISSION).await?;
        demand(call, &caller, Q::PERMISSION).await?;
        Ok(Self {
            caller,
            permissions: PhantomData,
        })
    }
}

impl<P> Deref for PermitAll<P> {
    type Target = Authenticated;

    fn deref(&self) -> &Authenticated {
        &self.caller
    }
}

/// An operator who knows the bootstrap secret.
pub struct Bootstrap {
    actor: Actor,
}

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
        Ok(Self {
            actor: Actor {
                who: Who::Bootstrap,
                origin: call.origin(),
            },
        })
    }
}

impl Bootstrap {
    /// Who acts, and from where.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// A service that knows the internal secret.
pub struct Internal {
    actor: Actor,
}

impl sealed::Sealed for Internal {}
impl Access for Internal {
    fn rule() -> AccessRule {
        AccessRule::Internal
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        demand_internal_secret(call).await?;
        Ok(Self {
            actor: Actor {
                who: Who::Service,
                origin: call.origin(),
            },
        })
    }
}

impl Internal {
    /// Who acts, and from where.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// A service that knows the internal secret, or a signed-in user.
pub struct CheckCaller {
    actor: Actor,
}

impl sealed::Sealed for CheckCaller {}
impl Access for CheckCaller {
    fn rule() -> AccessRule {
        AccessRule::CheckCaller
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        let who = if call.request().headers().contains_key(INTERNAL_SECRET) {
            demand_internal_secret(call).await?;
            Who::Service
        } else {
            Who::User(Box::new(authenticate(call).await?))
        };
        let origin = call.origin();
        Ok(Self {
            actor: Actor { who, origin },
        })
    }
}

impl CheckCaller {
    /// Who acts, and from where.
    pub fn actor(&self) -> &Actor {
        &self.actor
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

async fn demand(
    call: &Call,
    caller: &Authenticated,
    permission: Permission,
) -> Result<(), Problem> {
    let decisions = &call.state().decisions;
    if decisions.permits(caller.principal(), permission).await? {
        Ok(())
    } else {
        Err(EdgeCode::Forbidden.into())
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
    let limits = &call.state().limits;
    let _counted = limits.take([(LimitRule::WrongSecret, address)]).await?;
    Err(refusal.into())
}

async fn authenticate(call: &Call) -> Result<Principal, Problem> {
    let token = bearer_token(call.request().headers())?;
    let authenticated = call.state().auth.authenticate(token).await;
    let principal = authenticated.map_err(|error| Problem::from(error).about_token())?;
    call.context().set_user(&principal.account);
    Ok(principal)
}
