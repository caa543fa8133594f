//! Admissions of sessions.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::identity::{Admission, SessionCache};
use auth_domain::ids::SessionId;

use crate::expiring::Expiring;

const MAX_SESSIONS: u64 = 100_000;

/// The admissions of one process.
#[derive(Debug)]
pub struct MemorySessionCache(Expiring<SessionId, Admission>);

impl MemorySessionCache {
    /// A cache without admissions.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Expiring::new(clock, MAX_SESSIONS))
    }
}

#[async_trait]
impl SessionCache for MemorySessionCache {
    async fn get(&self, session: SessionId) -> Result<Option<Admission>, PortError> {
        Ok(self.0.get(&session))
    }

    async fn put(&self, admission: &Admission, life: Duration) -> Result<(), PortError> {
        self.0.put(admission.session.id, admission.clone(), life);
        Ok(())
    }

    async fn forget(&self, sessions: &[SessionId]) -> Result<(), PortError> {
        for session in sessions {
            self.0.forget(session);
        }
        Ok(())
    }
}
