//! A store whose answers, failures and pace a test sets, and its clock.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_casbin::{CasbinPolicyEngine, EngineOptions};
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::rbac::{
    PermissionName, PolicyRevision, PolicyRows, PolicyStore, PolicyUser, RoleOverview,
};
use tokio::sync::Semaphore;

pub(crate) fn organization(id: i64) -> OrganizationId {
    OrganizationId::new(id).unwrap()
}

pub(crate) fn user(id: i64) -> UserId {
    UserId::new(id).unwrap()
}

pub(crate) fn role(id: i64) -> RoleId {
    RoleId::new(id).unwrap()
}

pub(crate) fn permission(id: i64) -> PermissionId {
    PermissionId::new(id).unwrap()
}

pub(crate) fn revision(number: i64) -> PolicyRevision {
    PolicyRevision::new(number)
}

/// User 1 holds role 1, which has `doc.read` from revision 1 on and
/// `doc.write` in even revisions.
pub(crate) fn rows(id: i64, number: i64) -> PolicyRows {
    let mut grants = vec![(role(1), permission(1))];
    if number % 2 == 0 {
        grants.push((role(1), permission(2)));
    }
    PolicyRows {
        organization_id: organization(id),
        revision: revision(number),
        organization_active: true,
        permissions: vec![
            (permission(1), PermissionName::parse("doc.read").unwrap()),
            (permission(2), PermissionName::parse("doc.write").unwrap()),
        ],
        grants,
        users: vec![PolicyUser {
            id: user(1),
            active: true,
            roles: vec![role(1)],
        }],
    }
}

/// A clock that moves when told to.
#[derive(Default)]
pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::default() + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Organizations in memory.
pub(crate) struct FakeStore {
    organizations: Mutex<HashMap<OrganizationId, PolicyRows>>,
    away: AtomicBool,
    loads: AtomicUsize,
    revision_reads: AtomicUsize,
    /// Whether calls stop after they read, until they are let go.
    slow: AtomicBool,
    stopped: Semaphore,
    let_go: Semaphore,
}

impl Default for FakeStore {
    fn default() -> Self {
        Self {
            organizations: Mutex::default(),
            away: AtomicBool::new(false),
            loads: AtomicUsize::new(0),
            revision_reads: AtomicUsize::new(0),
            slow: AtomicBool::new(false),
            stopped: Semaphore::new(0),
            let_go: Semaphore::new(0),
        }
    }
}

impl FakeStore {
    pub(crate) fn put(&self, rows: PolicyRows) {
        let mut organizations = self.organizations.lock().unwrap();
        organizations.insert(rows.organization_id, rows);
    }

    pub(crate) fn remove(&self, id: OrganizationId) {
        self.organizations.lock().unwrap().remove(&id);
    }

    /// From now on it fails (or answers again).
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// From now on each call stops between reading and answering.
    pub(crate) fn set_slow(&self, slow: bool) {
        self.slow.store(slow, Ordering::SeqCst);
    }

    /// Waits until a call has read and stopped.
    pub(crate) async fn a_call_stopped(&self) {
        self.stopped.acquire().await.unwrap().forget();
    }

    /// Lets one stopped call answer.
    pub(crate) fn let_one_go(&self) {
        self.let_go.add_permits(1);
    }

    pub(crate) fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    pub(crate) fn revision_reads(&self) -> usize {
        self.revision_reads.load(Ordering::SeqCst)
    }

    async fn answer<T>(&self, answer: T) -> Result<T, PortError> {
        if self.slow.load(Ordering::SeqCst) {
            self.stopped.add_permits(1);
            self.let_go.acquire().await.unwrap().forget();
        }
        if self.away.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("the store is away".into()));
        }
        Ok(answer)
    }
}

#[async_trait]
impl PolicyStore for FakeStore {
    async fn load(&self, id: OrganizationId) -> Result<Option<PolicyRows>, PortError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let rows = self.organizations.lock().unwrap().get(&id).cloned();
        self.answer(rows).await
    }

    async fn load_user(
        &self,
        id: OrganizationId,
        user: UserId,
    ) -> Result<Option<PolicyRows>, PortError> {
        let mut rows = self.load(id).await?;
        if let Some(rows) = &mut rows {
            rows.users.retain(|row| row.id == user);
        }
        Ok(rows)
    }

    async fn revisions(
        &self,
        ids: &[OrganizationId],
    ) -> Result<Vec<(OrganizationId, PolicyRevision)>, PortError> {
        self.revision_reads.fetch_add(1, Ordering::SeqCst);
        let found = {
            let organizations = self.organizations.lock().unwrap();
            let rows = ids.iter().filter_map(|id| organizations.get(id));
            rows.map(|rows| (rows.organization_id, rows.revision))
                .collect()
        };
        self.answer(found).await
    }

    async fn overview(&self, _: OrganizationId) -> Result<Option<Vec<RoleOverview>>, PortError> {
        self.answer(None).await
    }
}

/// An engine with organization 1 at revision 1 in its store, not yet loaded.
pub(crate) struct Fixture {
    pub(crate) store: Arc<FakeStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) engine: Arc<CasbinPolicyEngine>,
}

pub(crate) fn fixture() -> Fixture {
    fixture_with(EngineOptions::default())
}

pub(crate) fn fixture_with(options: EngineOptions) -> Fixture {
    let store = Arc::new(FakeStore::default());
    let clock = Arc::new(ManualClock::default());
    store.put(rows(1, 1));
    let engine = CasbinPolicyEngine::new(Arc::clone(&store) as _, Arc::clone(&clock) as _, options);
    Fixture {
        store,
        clock,
        engine: Arc::new(engine),
    }
}
