//! Fresh policy: from memory within its lease, else read through.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{
    Explanation, PolicyEngine, PolicyError, PolicyFeed, PolicyRevision, PolicyRows, PolicySnapshot,
    PolicyStore,
};

use tokio::sync::Semaphore;

use crate::cache::{Entry, LastFailure, Organizations, Wanted};
use crate::explain;
use crate::labels::{self, Labels};
use crate::policy;

/// How often one call reads again when the store answers with an older policy
/// than was observed.
const ATTEMPTS: usize = 3;
/// How many explanations are worked out at once; the others wait. The rest of
/// the connections serve the gate.
const EXPLAINED_AT_ONCE: usize = 4;
/// How long a caller waits for its turn: shorter than a request may take, so
/// that it is told why.
const TURN: Duration = Duration::from_secs(10);
/// How many organizations one poll query names.
const POLL_AT_ONCE: usize = 1_000;

/// How a [`CasbinPolicyEngine`] keeps policy.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// How long after its last confirmation began a snapshot is used without
    /// asking the store. It bounds how late another instance's write is
    /// honoured: at most one second.
    pub lease: Duration,
    /// The most organizations whose snapshots are kept, at least one.
    pub max_organizations: usize,
    /// An organization that no caller asked about for so long is not polled; the
    /// next call reads through.
    pub idle_after: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(1),
            max_organizations: 1_000,
            idle_after: Duration::from_secs(10),
        }
    }
}

/// The [`PolicyEngine`] on Casbin's semantics.
///
/// A policy is loaded when it is first asked for, and then when its revision
/// changed; one caller per organization talks to the store, the others wait
/// for what it finds. A failed load leaves the snapshot that is there, and no
/// revision is ever followed by an older one.
pub struct CasbinPolicyEngine {
    store: Arc<dyn PolicyStore>,
    clock: Arc<dyn Clock>,
    options: EngineOptions,
    organizations: Organizations,
    /// Grows when every snapshot is dropped, so that one whose loading began
    /// before is not taken for a new one.
    epoch: AtomicU64,
    /// What the next poll reads.
    prepared: Mutex<HashSet<OrganizationId>>,
    explaining: Semaphore,
    labels: Labels,
}

impl CasbinPolicyEngine {
    /// An engine without any policy yet. Metrics go to the recorder that is
    /// installed by then.
    pub fn new(store: Arc<dyn PolicyStore>, clock: Arc<dyn Clock>, options: EngineOptions) -> Self {
        labels::describe();
        Self {
            store,
            clock,
            organizations: Organizations::new(options.max_organizations),
            options,
            epoch: AtomicU64::new(0),
            prepared: Mutex::default(),
            explaining: Semaphore::new(EXPLAINED_AT_ONCE),
            labels: Labels::default(),
        }
    }

    /// Waits for the turn to ask the store, unless what the caller before
    /// found will do.
    async fn read_through(
        &self,
        entry: &Entry,
        wanted: Wanted,
    ) -> Result<Arc<PolicySnapshot>, PolicyError> {
        let failures = entry.failures();
        let mut turn = in_time(entry.turn.lock()).await?;
        if let Some(snapshot) = entry.usable(wanted, self.clock.monotonic()) {
            entry.count_hit();
            return Ok(snapshot);
        }
        if let Some(current) = entry.lacks(wanted) {
            return Err(PolicyError::UnknownRevision { current });
        }
        if entry.failures() != failures
            && let Some(error) = shared(turn.as_ref(), entry.required())
        {
            return Err(error);
        }
        let required = entry.required();
        match self.refresh(entry, wanted.epoch).await {
            Ok(current) => {
                entry.count_miss(&self.labels);
                if Some(current.revision()) < wanted.at_least {
                    let current = current.revision();
                    return Err(PolicyError::UnknownRevision { current });
                }
                Ok(current)
            }
            Err(error) => {
                let unknown = matches!(error, PolicyError::UnknownOrganization);
                *turn = Some(LastFailure { unknown, required });
                entry.count_failure();
                Err(error)
            }
        }
    }

    /// Asks the store until its answer is not below what was observed when this
    /// began: the first answer, unless the store takes back what it committed.
    async fn refresh(&self, entry: &Entry, epoch: u64) -> Result<Arc<PolicySnapshot>, PolicyError> {
        let required = entry.required();
        for _ in 0..ATTEMPTS {
            let current = self.confirm_or_load(entry, epoch).await?;
            if current.revision() >= required {
                return Ok(current);
            }
        }
        Err(PolicyError::Unavailable(None))
    }

    /// The policy as the store has it now. A snapshot that nothing newer is
    /// known of costs the read of one number.
    async fn confirm_or_load(
        &self,
        entry: &Entry,
        epoch: u64,
    ) -> Result<Arc<PolicySnapshot>, PolicyError> {
        let Some(snapshot) = entry.newest_known(epoch) else {
            return self.load(entry).await;
        };
        let started = self.clock.monotonic();
        let revisions = self.store.revisions(&[entry.organization]).await;
        let revisions = revisions.map_err(unavailable)?;
        let Some(&(_, stored)) = revisions.first() else {
            entry.clear(started);
            return Err(PolicyError::UnknownOrganization);
        };
        if stored == snapshot.revision() {
            entry.confirm(stored, started);
            return Ok(snapshot);
        }
        self.load(entry).await
    }

    async fn load(&self, entry: &Entry) -> Result<Arc<PolicySnapshot>, PolicyError> {
        let epoch = self.epoch();
        let started = self.clock.monotonic();
        let rows = self.store.load(entry.organization).await;
        let Some(rows) = rows.map_err(unavailable)? else {
            entry.clear(started);
            return Err(PolicyError::UnknownOrganization);
        };
        let snapshot = Arc::new(compile(rows).await.map_err(unavailable)?);
        entry.install(&snapshot, started, epoch);
        let took = self.clock.monotonic().saturating_sub(started);
        labels::load_seconds().record(took.as_secs_f64());
        Ok(snapshot)
    }

    fn wanted(&self, at_least: Option<PolicyRevision>, now: Duration) -> Wanted {
        Wanted {
            at_least,
            since: now,
            lease: self.options.lease,
            epoch: self.epoch(),
        }
    }

    /// The snapshot of a call that just began, if it need not be read.
    fn in_memory(
        &self,
        organization: OrganizationId,
        wanted: Wanted,
    ) -> Option<Arc<PolicySnapshot>> {
        let now = wanted.since;
        let found = self.organizations.use_now(organization, now, |entry| {
            let snapshot = entry.usable(wanted, now)?;
            entry.count_hit();
            Some(snapshot)
        });
        found.flatten()
    }

    fn prepared(&self) -> MutexGuard<'_, HashSet<OrganizationId>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the policies that callers asked to have read.
    async fn read_prepared(&self) -> Result<(), PortError> {
        let prepared = std::mem::take(&mut *self.prepared());
        for organization in prepared {
            let read = self.snapshot(organization, None).await;
            if let Err(PolicyError::Unavailable(Some(error))) = read {
                return Err(error);
            }
        }
        Ok(())
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }
}

/// What does not come in time is a store that does not answer those before.
async fn in_time<T>(turn: impl Future<Output = T>) -> Result<T, PolicyError> {
    let turn = tokio::time::timeout(TURN, turn).await;
    turn.map_err(|late| PolicyError::Unavailable(Some(PortError::Unavailable(late.into()))))
}

#[async_trait]
impl PolicyEngine for CasbinPolicyEngine {
    async fn snapshot(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
    ) -> Result<Arc<PolicySnapshot>, PolicyError> {
        let now = self.clock.monotonic();
        let wanted = self.wanted(at_least, now);
        if let Some(snapshot) = self.in_memory(organization, wanted) {
            return Ok(snapshot);
        }
        let entry = self.organizations.entry(organization, now);
        let outcome = self.read_through(&entry, wanted).await;
        drop(entry);
        if matches!(outcome, Err(PolicyError::UnknownOrganization)) {
            self.organizations.drop_empty(organization);
        }
        outcome
    }

    fn at_hand(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
    ) -> Option<Arc<PolicySnapshot>> {
        let now = self.clock.monotonic();
        self.in_memory(organization, self.wanted(at_least, now))
    }

    fn prepare(&self, organization: OrganizationId) {
        let mut prepared = self.prepared();
        if prepared.len() < self.options.max_organizations {
            prepared.insert(organization);
        }
    }

    async fn explain(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
        user: UserId,
        permission: &str,
    ) -> Result<Explanation, PolicyError> {
        let required = self.organizations.look(organization, Entry::required);
        let _turn = in_time(self.explaining.acquire()).await?;
        let rows = self.store.load_user(organization, user).await;
        let rows = rows.map_err(unavailable)?;
        let rows = rows.ok_or(PolicyError::UnknownOrganization)?;
        let current = rows.revision;
        if Some(current) < required {
            return Err(PolicyError::Unavailable(None));
        }
        if Some(current) < at_least {
            return Err(PolicyError::UnknownRevision { current });
        }
        let explained = explain::explain(rows, user, permission).await;
        explained.map_err(unavailable)
    }
}

#[async_trait]
impl PolicyFeed for CasbinPolicyEngine {
    fn observe(&self, organization: OrganizationId, revision: PolicyRevision) {
        self.organizations
            .look(organization, |entry| entry.require(revision));
    }

    fn drop_all(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.organizations.clear();
    }

    async fn poll(&self) -> Result<(), PortError> {
        let idle_since = self
            .clock
            .monotonic()
            .saturating_sub(self.options.idle_after);
        let used = self.organizations.used_since(idle_since);
        for asked in used.chunks(POLL_AT_ONCE) {
            let started = self.clock.monotonic();
            let stored = self.store.revisions(asked).await?;
            let stored: HashMap<_, _> = stored.into_iter().collect();
            for &organization in asked {
                if let Some(&revision) = stored.get(&organization) {
                    self.organizations
                        .look(organization, |entry| entry.confirm(revision, started));
                } else {
                    self.organizations
                        .look(organization, |entry| entry.clear(started));
                    self.organizations.drop_empty(organization);
                }
            }
        }
        self.read_prepared().await
    }
}

/// The failure of the attempt that a caller waited for, if it is one for that
/// caller too: not when a write was observed after the attempt began.
fn shared(last: Option<&LastFailure>, required: PolicyRevision) -> Option<PolicyError> {
    let last = last.filter(|last| last.required == required)?;
    Some(if last.unknown {
        PolicyError::UnknownOrganization
    } else {
        PolicyError::Unavailable(None)
    })
}

fn unavailable(error: PortError) -> PolicyError {
    PolicyError::Unavailable(Some(error))
}

/// Compiles away from the executor: a large policy takes its time.
async fn compile(rows: PolicyRows) -> Result<PolicySnapshot, PortError> {
    tokio::task::spawn_blocking(move || policy::compile(&rows))
        .await
        .map_err(|error| PortError::Backend(Box::new(error)))
}
