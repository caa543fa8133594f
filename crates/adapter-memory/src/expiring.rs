//! A bounded map whose entries have a life of their own.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::clock::Clock;
use moka::Expiry;
use moka::sync::Cache;

/// Entries by key. When it is full the least used go first.
pub(crate) struct Expiring<K, V> {
    clock: Arc<dyn Clock>,
    entries: Cache<K, Entry<V>>,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    life: Duration,
    /// When its life has passed, on the service's clock.
    until: Duration,
}

impl<K, V> Expiring<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(clock: Arc<dyn Clock>, max_entries: u64) -> Self {
        let entries = Cache::builder()
            .max_capacity(max_entries)
            .expire_after(ByLife)
            .build();
        Self { clock, entries }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let entry = self.entries.get(key)?;
        (self.clock.monotonic() < entry.until).then_some(entry.value)
    }

    pub(crate) fn put(&self, key: K, value: V, life: Duration) {
        let until = self.clock.monotonic().saturating_add(life);
        self.entries.insert(key, Entry { value, life, until });
    }

    pub(crate) fn forget(&self, key: &K) {
        self.entries.invalidate(key);
    }
}

impl<K, V> fmt::Debug for Expiring<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expiring")
    }
}

/// Frees the memory of entries that are not read any more. Whether an entry is still
/// good is said by the service's clock.
struct ByLife;

impl<K, V> Expiry<K, Entry<V>> for ByLife {
    fn expire_after_create(&self, _: &K, entry: &Entry<V>, _: Instant) -> Option<Duration> {
        Some(entry.life)
    }

    fn expire_after_update(
        &self,
        _: &K,
        entry: &Entry<V>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.life)
    }
}

#[cfg(test)]
mod tests {
    use auth_testkit::clock::ManualClock;

    use super::*;

    #[test]
    fn a_map_never_grows_past_its_bound() {
        let map = Expiring::new(Arc::new(ManualClock::default()), 10);
        for key in 0..1_000 {
            map.put(key, key, Duration::from_mins(1));
        }
        map.entries.run_pending_tasks();
        assert_eq!(map.entries.entry_count(), 10);
    }

    #[test]
    fn a_life_without_end_is_no_overflow() {
        let map = Expiring::new(Arc::new(ManualClock::default()), 10);
        map.put(1, 1, Duration::MAX);
        assert_eq!(map.get(&1), Some(1));
    }
}
