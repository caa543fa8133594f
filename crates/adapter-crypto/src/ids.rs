use auth_domain::clock::Timestamp;
use auth_domain::events::EventId;
use auth_domain::ids::IdSource;
use uuid::{NoContext, Uuid};

/// Ids from the operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    fn event_id(&self, at: Timestamp) -> EventId {
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        let time = uuid::Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos());
        EventId(Uuid::new_v7(time))
    }

    fn random(&self) -> u64 {
        let (high, _) = Uuid::new_v4().as_u64_pair();
        high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_are_version_7_differ_and_sort_by_their_time() {
        let at: Timestamp = "2026-11-23T22:35:04.365Z".parse().unwrap();
        let (one, other) = (SystemIds.event_id(at), SystemIds.event_id(at));
        assert_eq!(one.0.get_version_num(), 7);
        assert_ne!(one, other);
        let later = SystemIds.event_id(at + std::time::Duration::from_millis(1));
        assert!(later > one && later > other);
        assert_ne!(SystemIds.random(), SystemIds.random());
    }
}
