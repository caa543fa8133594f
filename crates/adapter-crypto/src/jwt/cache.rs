//! Tokens whose signature and claims held before: the next check of the same
//! token costs a digest instead of a signature.
//!
//! A hit says nothing about time: the caller judges the times again.

use std::time::{Duration, Instant};

use auth_domain::clock::Timestamp;
use moka::Expiry;
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::claims::Times;
use auth_domain::identity::VerifiedToken;

/// A token that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Accepted {
    /// What it says.
    pub(super) token: VerifiedToken,
    /// When it holds.
    pub(super) times: Times,
}

/// The SHA-256 of a whole token: of its header, claims and signature.
pub(super) type Digest = [u8; 32];

/// At most so many accepted tokens, the least used go first; each until it
/// expires.
pub(super) struct TokenCache {
    entries: Cache<Digest, Entry>,
}

#[derive(Clone)]
struct Entry {
    accepted: Accepted,
    life: Duration,
}

impl TokenCache {
    /// A cache for that many tokens.
    pub(super) fn new(capacity: u64) -> Self {
        let entries = Cache::builder()
            .max_capacity(capacity)
            .expire_after(UntilExpiry);
        Self {
            entries: entries.build(),
        }
    }

    /// Under what a token is found.
    pub(super) fn digest(token: &str) -> Digest {
        Sha256::digest(token.as_bytes()).into()
    }

    /// What was kept for a token; `None`: nothing, or not any more.
    pub(super) fn get(&self, digest: &Digest) -> Option<Accepted> {
        self.entries.get(digest).map(|entry| entry.accepted)
    }

    /// Keeps a token that was accepted at that instant.
    pub(super) fn put(&self, digest: Digest, accepted: &Accepted, now: Timestamp) {
        let life = (accepted.token.expires_at - now)
            .to_std()
            .unwrap_or_default();
        let accepted = accepted.clone();
        self.entries.insert(digest, Entry { accepted, life });
    }
}

struct UntilExpiry;

impl Expiry<Digest, Entry> for UntilExpiry {
    fn expire_after_create(&self, _: &Digest, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.life)
    }

    fn expire_after_update(
        &self,
        _: &Digest,
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.life)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_domain::ids::{SessionId, UserId};
    use chrono::DateTime;

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn accepted(expires: i64) -> Accepted {
        Accepted {
            token: VerifiedToken {
                user_id: UserId::new(1).unwrap(),
                session_id: SessionId::new(2).unwrap(),
                issued_at: at(0),
                expires_at: at(expires),
            },
            times: Times {
                exp: expires,
                iat: 0,
                nbf: None,
            },
        }
    }

    fn eventually(holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !holds() {
            assert!(Instant::now() < deadline, "not within 10 s");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_token_is_forgotten_when_it_expires() {
        let cache = TokenCache::new(10);
        let digest = TokenCache::digest("token");
        cache.put(digest, &accepted(100), at(40));
        assert_eq!(cache.get(&digest), Some(accepted(100)));
        let nearly = at(100) - chrono::Duration::milliseconds(20);
        cache.put(digest, &accepted(100), nearly);
        eventually(|| cache.get(&digest).is_none());
        cache.put(digest, &accepted(100), at(101));
        assert_eq!(cache.get(&digest), None);
    }

    #[test]
    fn no_more_tokens_are_kept_than_there_is_room_for() {
        let cache = TokenCache::new(100);
        for number in 0..1000 {
            let digest = TokenCache::digest(&number.to_string());
            cache.put(digest, &accepted(1000), at(0));
        }
        cache.entries.run_pending_tasks();
        assert!(cache.entries.entry_count() <= 100);
    }
}
