//! The snapshots in use, bounded, and what is known about how fresh each is.
//!
//! An entry that a caller works with is never evicted. All callers that read
//! the policy of an organization at once share its entry, with each other and
//! with `observe`. What is read after an eviction is read after every revision
//! that was observed before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{PolicyRevision, PolicySnapshot};
use tokio::sync::Mutex;

use crate::labels::{Counters, Labels};

/// How exactly the time of last use is kept: a write per check would make
/// cores fight over it.
const TOUCH_EVERY_MS: u64 = 100;

/// A snapshot and since when it is known to be current. One value, so that a
/// reader never pairs a snapshot with the lease of another.
struct Held {
    snapshot: Arc<PolicySnapshot>,
    /// When the last successful look at the stored revision began.
    validated_at: Duration,
    /// The epoch in which its loading began.
    epoch: u64,
}

impl Held {
    fn revision(&self) -> PolicyRevision {
        self.snapshot.revision()
    }
}

/// How an attempt to read through failed, for the callers that waited for it.
pub(crate) struct LastFailure {
    /// There is no such organization; else the store did not answer.
    pub(crate) unknown: bool,
    /// The revision that was required when the attempt began.
    pub(crate) required: PolicyRevision,
}

/// What one call of `snapshot` accepts.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// No older revision.
    pub(crate) at_least: Option<PolicyRevision>,
    /// When the call began: what was confirmed after that is fresh for it,
    /// however long the confirmation took.
    pub(crate) since: Duration,
    /// How old a confirmation may be.
    pub(crate) lease: Duration,
    /// No snapshot whose loading began in an earlier epoch.
    pub(crate) epoch: u64,
}

/// The policy of one organization.
pub(crate) struct Entry {
    pub(crate) organization: OrganizationId,
    held: ArcSwapOption<Held>,
    /// No revision below is used: the highest that was observed or read.
    required: AtomicI64,
    last_used_ms: AtomicU64,
    /// Held by the one caller that talks to the store.
    pub(crate) turn: Mutex<Option<LastFailure>>,
    failures: AtomicU64,
    counters: OnceLock<Counters>,
}

impl Entry {
    fn new(organization: OrganizationId, now: Duration) -> Self {
        Self {
            organization,
            held: ArcSwapOption::empty(),
            required: AtomicI64::new(i64::MIN),
            last_used_ms: AtomicU64::new(millis(now)),
            turn: Mutex::new(None),
            failures: AtomicU64::new(0),
            counters: OnceLock::new(),
        }
    }

    /// The snapshot, if it is fresh enough for a call. Takes no lock.
    pub(crate) fn usable(&self, wanted: Wanted, now: Duration) -> Option<Arc<PolicySnapshot>> {
        let required = Some(self.required()).max(wanted.at_least);
        let held = self.held.load();
        let held = held.as_ref()?;
        let leased = now.saturating_sub(held.validated_at) < wanted.lease;
        let fresh = leased || held.validated_at >= wanted.since;
        let fresh = fresh && held.epoch >= wanted.epoch;
        (fresh && Some(held.revision()) >= required).then(|| Arc::clone(&held.snapshot))
    }

    /// What the store had, if it was asked since the call began and had nothing
    /// as new as the call wants.
    pub(crate) fn lacks(&self, wanted: Wanted) -> Option<PolicyRevision> {
        let held = self.held.load();
        let held = held.as_ref()?;
        let current = held.revision();
        let lacks = held.validated_at > wanted.since
            && current >= self.required()
            && Some(current) < wanted.at_least;
        lacks.then_some(current)
    }

    /// The snapshot, if nothing newer is known and it was not dropped by that
    /// epoch, however old the confirmation.
    pub(crate) fn newest_known(&self, epoch: u64) -> Option<Arc<PolicySnapshot>> {
        let held = self.held.load();
        let held = held.as_ref()?;
        let known = held.epoch >= epoch && held.revision() >= self.required();
        known.then(|| Arc::clone(&held.snapshot))
    }

    pub(crate) fn required(&self) -> PolicyRevision {
        PolicyRevision::new(self.required.load(Ordering::SeqCst))
    }

    /// From now on no snapshot below the revision is used.
    pub(crate) fn require(&self, revision: PolicyRevision) {
        self.required.fetch_max(revision.get(), Ordering::SeqCst);
    }

    /// Takes a snapshot whose loading began at `validated_at`, in that epoch. An
    /// older one than is held changes nothing.
    pub(crate) fn install(
        &self,
        snapshot: &Arc<PolicySnapshot>,
        validated_at: Duration,
        epoch: u64,
    ) {
        self.require(snapshot.revision());
        let new = Arc::new(Held {
            snapshot: Arc::clone(snapshot),
            validated_at,
            epoch,
        });
        self.held.rcu(|held| match held {
            Some(held) if is_newer(held, &new) => Some(Arc::clone(held)),
            _ => Some(Arc::clone(&new)),
        });
    }

    /// Takes note of the stored revision, read by a look that began at
    /// `validated_at`: renews the lease of a snapshot with that revision, or
    /// requires the revision.
    pub(crate) fn confirm(&self, stored: PolicyRevision, validated_at: Duration) {
        self.require(stored);
        self.held.rcu(|held| {
            let held = held.as_ref()?;
            if held.revision() != stored || held.validated_at >= validated_at {
                return Some(Arc::clone(held));
            }
            Some(Arc::new(Held {
                snapshot: Arc::clone(&held.snapshot),
                validated_at,
                epoch: held.epoch,
            }))
        });
    }

    /// The organization was gone in a look that began at `validated_at`.
    pub(crate) fn clear(&self, validated_at: Duration) {
        self.held.rcu(|held| match held {
            Some(held) if held.validated_at > validated_at => Some(Arc::clone(held)),
            _ => None,
        });
    }

    /// How many attempts to read through failed so far.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Acquire)
    }

    /// Counts a failed attempt.
    pub(crate) fn count_failure(&self) {
        self.failures.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts an answer without SQL.
    pub(crate) fn count_hit(&self) {
        if let Some(counters) = self.counters.get() {
            counters.hits.increment(1);
        }
    }

    /// Counts an answer that needed SQL. Organizations get their label here,
    /// so that unknown ones take none.
    pub(crate) fn count_miss(&self, labels: &Labels) {
        let counters = self
            .counters
            .get_or_init(|| labels.counters(self.organization));
        counters.misses.increment(1);
    }

    fn touch(&self, now: Duration) {
        let now = millis(now);
        let last = self.last_used_ms.load(Ordering::Relaxed);
        if now.saturating_sub(last) >= TOUCH_EVERY_MS {
            self.last_used_ms.store(now, Ordering::Relaxed);
        }
    }

    fn last_used_ms(&self) -> u64 {
        self.last_used_ms.load(Ordering::Relaxed)
    }

    fn is_empty(&self) -> bool {
        self.held.load().is_none()
    }
}

fn is_newer(held: &Held, new: &Held) -> bool {
    let age = |of: &Held| (of.epoch, of.revision(), of.validated_at);
    age(held) > age(new)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

type Entries = HashMap<OrganizationId, Arc<Entry>>;

/// The entries.
pub(crate) struct Organizations {
    entries: RwLock<Entries>,
    max: usize,
}

impl Organizations {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            entries: RwLock::default(),
            max: max.max(1),
        }
    }

    /// Asks the entry of an organization, if it has one.
    pub(crate) fn look<T>(
        &self,
        organization: OrganizationId,
        ask: impl FnOnce(&Entry) -> T,
    ) -> Option<T> {
        self.read().get(&organization).map(|entry| ask(entry))
    }

    /// The same, as a use of the organization.
    pub(crate) fn use_now<T>(
        &self,
        organization: OrganizationId,
        now: Duration,
        ask: impl FnOnce(&Entry) -> T,
    ) -> Option<T> {
        self.look(organization, |entry| {
            entry.touch(now);
            ask(entry)
        })
    }

    /// The entry of an organization, made if there is none. While a caller
    /// holds it, it stays.
    pub(crate) fn entry(&self, organization: OrganizationId, now: Duration) -> Arc<Entry> {
        if let Some(entry) = self.read().get(&organization) {
            return Arc::clone(entry);
        }
        let mut entries = self.write();
        if entries.len() >= self.max && !entries.contains_key(&organization) {
            evict(&mut entries, self.max);
        }
        let entry = entries
            .entry(organization)
            .or_insert_with(|| Arc::new(Entry::new(organization, now)));
        Arc::clone(entry)
    }

    /// The organizations with a snapshot that were used since then.
    pub(crate) fn used_since(&self, since: Duration) -> Vec<OrganizationId> {
        let since = millis(since);
        let entries = self.read();
        let used = entries
            .values()
            .filter(|entry| entry.last_used_ms() >= since);
        used.filter(|entry| !entry.is_empty())
            .map(|entry| entry.organization)
            .collect()
    }

    /// Drops every snapshot. What is known of revisions stays.
    pub(crate) fn clear(&self) {
        for entry in self.read().values() {
            entry.held.store(None);
        }
    }

    /// Drops the entry of an organization that has no snapshot and no caller.
    pub(crate) fn drop_empty(&self, organization: OrganizationId) {
        let mut entries = self.write();
        let entry = entries.get(&organization);
        if entry.is_some_and(|entry| entry.is_empty() && is_idle(entry)) {
            entries.remove(&organization);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room for one entry and some more, so that a full cache does not look
/// through itself at every insertion. The longest unused go first. Those in
/// use stay, if need be above the bound: they are as many as calls in flight.
fn evict(entries: &mut Entries, max: usize) {
    let surplus = (entries.len() + 1).saturating_sub(max).max(max / 16);
    let mut idle: Vec<(u64, OrganizationId)> = entries
        .values()
        .filter(|entry| is_idle(entry))
        .map(|entry| (entry.last_used_ms(), entry.organization))
        .collect();
    idle.sort_unstable();
    for (_, organization) in idle.into_iter().take(surplus) {
        entries.remove(&organization);
    }
}

/// Whether no caller holds the entry. Callers take it under the lock of the
/// map, so under its write lock this cannot change to false.
fn is_idle(entry: &Arc<Entry>) -> bool {
    Arc::strong_count(entry) == 1
}
