//! The one way to write.
//!
//! A [`Writer`] runs a use case's work in a transaction, asks the gate again at
//! its start where a caller acts, writes audit row and event as one, remembers
//! what has to follow the commit, and does that after it: the policy engine
//! learns of raised revisions, caches forget ended sessions, waiting loops
//! wake. A use case can forget none of it.

mod change;
mod opening;
mod tx;

use std::sync::Arc;

use auth_domain::caller::{Actor, Caller};
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::identity::{Authority, SessionCache};
use auth_domain::ids::{IdSource, OrganizationId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::{PolicyFeed, PolicyRevision};
use auth_domain::store::{Repositories, Store, UnitOfWork};
use futures::future::BoxFuture;

pub use change::Change;
pub use tx::{EndedSession, Tx};

use crate::access::perm::Demand;
use crate::access::{AccessError, Granted};
use crate::error::UseCaseError;
use opening::{AsCaller, InOrganization, Opening, Unasked};
use tx::Effects;

/// How often a transaction that lost a race runs at most.
const ATTEMPTS: u32 = 5;

/// What a writer works with.
#[derive(Clone)]
pub struct WriterPorts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Learns of raised policy revisions.
    pub feed: Arc<dyn PolicyFeed>,
    /// Forgets ended sessions; `None`: nothing caches them.
    pub sessions: Option<Arc<dyn SessionCache>>,
    /// Makes the ids of events.
    pub ids: Arc<dyn IdSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Writes: see the module.
#[derive(Clone)]
pub struct Writer {
    ports: WriterPorts,
}

/// A caller and an organization as the transaction sees them, both locked.
#[derive(Debug, Clone)]
pub struct Authorized {
    /// The organization that the change is about.
    pub organization: Organization,
    /// The caller, with what it holds at this moment.
    pub authority: Authority,
}

/// What a write left, and the policy revision that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// What is stored now.
    pub value: T,
    /// The organization's policy revision after the write.
    pub revision: PolicyRevision,
}

impl<T> Written<T> {
    /// Something of an organization, at the revision that the organization
    /// has.
    pub fn at(organization: &Organization, value: T) -> Self {
        Self {
            value,
            revision: organization.policy_revision,
        }
    }
}

impl Writer {
    /// A writer over its ports.
    pub fn new(ports: WriterPorts) -> Self {
        Self { ports }
    }

    /// Runs `work` in a transaction for an actor that is not signed in: commits
    /// on `Ok`, rolls back on `Err` and when the future is dropped, and runs it
    /// again when it lost a race against another transaction.
    ///
    /// Inside: no network call, no hashing, no waiting.
    pub async fn run<'env, T, E, F>(&self, actor: &Actor, work: F) -> Result<T, E>
    where
        E: UseCaseError + From<PortError>,
        F: for<'t> Fn(Tx<'t, 'env>) -> BoxFuture<'t, Result<T, E>>,
    {
        self.transact(actor, &Unasked, move |tx: Tx<'_, 'env>, ()| work(tx))
            .await
    }

    /// The same for a signed-in caller about itself. The gate is asked again
    /// first, with user and session locked: a caller who was signed out, reset
    /// or deactivated since is refused, and nothing is written.
    pub async fn run_as<'env, T, E, F>(&self, caller: &Caller, work: F) -> Result<T, E>
    where
        E: UseCaseError + From<PortError> + From<AccessError>,
        F: for<'t> Fn(Tx<'t, 'env>, Authority) -> BoxFuture<'t, Result<T, E>>,
    {
        let opening = AsCaller { caller };
        self.transact(&Actor::from(caller), &opening, work).await
    }

    /// The same for a caller's right in an organization. The organization is
    /// locked first, then the gate is asked again, and the right is judged by
    /// what the transaction reads: neither the rights of the caller nor the
    /// policy of the organization change until the end.
    pub async fn run_in<'env, P, T, E, F>(
        &self,
        right: &Granted<P>,
        organization: OrganizationId,
        work: F,
    ) -> Result<T, E>
    where
        P: Demand,
        E: UseCaseError + From<PortError> + From<AccessError>,
        F: for<'t> Fn(Tx<'t, 'env>, Authorized) -> BoxFuture<'t, Result<T, E>>,
    {
        let opening = InOrganization {
            right,
            organization,
            raises: false,
        };
        self.transact(&Actor::from(right.caller()), &opening, work)
            .await
    }

    /// The same for a write that changes policy in any case: the lock of the
    /// organization is the raise of its policy revision, one statement.
    pub async fn run_raising<'env, P, T, E, F>(
        &self,
        right: &Granted<P>,
        organization: OrganizationId,
        work: F,
    ) -> Result<T, E>
    where
        P: Demand,
        E: UseCaseError + From<PortError> + From<AccessError>,
        F: for<'t> Fn(Tx<'t, 'env>, Authorized) -> BoxFuture<'t, Result<T, E>>,
    {
        let opening = InOrganization {
            right,
            organization,
            raises: true,
        };
        self.transact(&Actor::from(right.caller()), &opening, work)
            .await
    }

    async fn transact<'env, T, E, O, F>(&self, actor: &Actor, opening: &O, work: F) -> Result<T, E>
    where
        E: UseCaseError + From<PortError>,
        O: Opening<E>,
        F: for<'t> Fn(Tx<'t, 'env>, O::Ground) -> BoxFuture<'t, Result<T, E>>,
    {
        let now = self.ports.clock.now();
        let mut attempt = 1;
        loop {
            let mut effects = Effects::default();
            let outcome = self.attempt(actor, now, opening, &work, &mut effects).await;
            match outcome {
                Err(error) if error.lost_race() && attempt < ATTEMPTS => {
                    tracing::debug!(attempt, "a transaction lost a race and runs again");
                    attempt += 1;
                }
                Ok(value) => {
                    self.follow(effects).await;
                    return Ok(value);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn attempt<'env, T, E, O, F>(
        &self,
        actor: &Actor,
        now: Timestamp,
        opening: &O,
        work: &F,
        effects: &mut Effects,
    ) -> Result<T, E>
    where
        E: UseCaseError + From<PortError>,
        O: Opening<E>,
        F: for<'t> Fn(Tx<'t, 'env>, O::Ground) -> BoxFuture<'t, Result<T, E>>,
    {
        let mut unit = self.ports.store.begin().await?;
        let ids = &*self.ports.ids;
        let mut tx = Tx::new(as_repositories(unit.as_mut()), effects, actor, ids, now);
        let outcome = match opening.open(&mut tx).await {
            Ok(ground) => work(tx, ground).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(value) => {
                unit.commit().await?;
                Ok(value)
            }
            Err(error) => {
                if let Err(rollback) = unit.rollback().await {
                    // The store undoes an uncommitted transaction by itself;
                    // the caller needs the first error.
                    let error = &rollback as &dyn std::error::Error;
                    tracing::warn!(error, "rollback failed");
                }
                Err(error)
            }
        }
    }

    /// What follows a commit. None of it can fail the write: what does not
    /// arrive is found by the polls, or ends with its short life.
    async fn follow(&self, effects: Effects) {
        for (organization, revision) in effects.revisions {
            self.ports.feed.observe(organization, revision);
        }
        if effects.all_policies {
            self.ports.feed.drop_all();
        }
        let Some(cache) = &self.ports.sessions else {
            return;
        };
        if effects.ended.is_empty() {
            return;
        }
        if let Err(error) = cache.forget(&effects.ended).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "ended sessions stay cached for their short life");
        }
    }
}

fn as_repositories(unit: &mut dyn UnitOfWork) -> &mut dyn Repositories {
    unit
}
