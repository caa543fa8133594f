//! Which callers a route admits: a closed set of extractors.
//!
//! A route states its access by the type of its handler's first argument, and
//! one that states none does not compile into the router. Access is decided
//! before anything else of the request is read.

mod bearer;
mod rule;
mod services;

use std::ops::Deref;

use auth_application::access::Granted;
use auth_application::access::perm::Demand;
use auth_domain::caller::{Caller, Origin};

use crate::call::Call;
use crate::describe::Description;
use crate::problem::Problem;
pub use auth_application::access::perm;
use bearer::bearer_token;
pub use rule::AccessRule;
pub use services::{
    BOOTSTRAP_SECRET, Bootstrap, CheckCaller, INTERNAL_SECRET, Internal, MetricsScrape,
};

mod sealed {
    pub trait Sealed {}
}

/// Decides whether a call may go on, and finds its caller.
#[diagnostic::on_unimplemented(
    message = "the first argument of a handler says who may call it",
    note = "use `Public`, `Authenticated`, `Permit<P>`, `Bootstrap`, `Internal`, `CheckCaller` or `MetricsScrape`"
)]
pub trait Access: sealed::Sealed + Sized {
    /// The rule, for the documentation.
    fn rule() -> AccessRule;

    /// Says what else it reads, and how it can refuse.
    fn describe(description: &mut Description) {
        Self::rule().describe(description);
    }

    /// Decides.
    fn extract(call: &Call) -> impl Future<Output = Result<Self, Problem>>;
}

/// Any client may call.
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

/// Any client may call, and the origin does not count: probes and documents.
pub struct Open;

impl sealed::Sealed for Open {}
impl Access for Open {
    fn rule() -> AccessRule {
        AccessRule::Public
    }

    fn describe(_description: &mut Description) {}

    async fn extract(_call: &Call) -> Result<Self, Problem> {
        Ok(Self)
    }
}

/// A signed-in user who passed the gate.
pub struct Authenticated(Caller);

impl sealed::Sealed for Authenticated {}
impl Access for Authenticated {
    fn rule() -> AccessRule {
        AccessRule::Authenticated
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        authenticate(call).await.map(Self)
    }
}

impl Deref for Authenticated {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

/// A signed-in user with a right: what `P` names, held in its own organization.
pub struct Permit<P>(Granted<P>);

impl<P> sealed::Sealed for Permit<P> {}
impl<P: Demand> Access for Permit<P> {
    fn rule() -> AccessRule {
        AccessRule::Permissions {
            permissions: P::PERMISSIONS,
            is_global: P::IS_GLOBAL,
        }
    }

    async fn extract(call: &Call) -> Result<Self, Problem> {
        let caller = authenticate(call).await?;
        Ok(Self(call.state().app.access.grant(caller).await?))
    }
}

impl<P> Deref for Permit<P> {
    type Target = Granted<P>;

    fn deref(&self) -> &Granted<P> {
        &self.0
    }
}

async fn authenticate(call: &Call) -> Result<Caller, Problem> {
    let token = bearer_token(call.request().headers())?;
    let gate = &call.state().app.gate;
    let authenticated = gate.authenticate(token, call.origin()).await;
    let caller = authenticated.map_err(|error| Problem::from(error).about_token())?;
    call.context().set_user(&caller.account);
    Ok(caller)
}
