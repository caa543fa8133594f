//! Who may call a route: a closed set of extractors.
//!
//! A route states its access by the type of its handler's first argument, and
//! one that states none does not compile into the router. Access is decided
//! before anything else of the request is read.

mod bearer;
pub mod perm;
mod rule;
mod secret;
mod services;

use std::marker::PhantomData;
use std::ops::Deref;

use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::identity::Principal;
use auth_domain::rbac::Permission;

use crate::problem::{EdgeCode, Problem};
use crate::routing::Call;
use bearer::bearer_token;
pub use rule::AccessRule;
pub(crate) use secret::SharedSecret;
pub use services::{
    BOOTSTRAP_SECRET, Bootstrap, CheckCaller, INTERNAL_SECRET, Internal, MetricsScrape,
};

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

async fn authenticate(call: &Call) -> Result<Principal, Problem> {
    let token = bearer_token(call.request().headers())?;
    let authenticated = call.state().auth.authenticate(token).await;
    let principal = authenticated.map_err(|error| Problem::from(error).about_token())?;
    call.context().set_user(&principal.account);
    Ok(principal)
}
