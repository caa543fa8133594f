//! The user that a bearer token belongs to, if that user may act now.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::caller::{Caller, Credential, Origin};
use auth_domain::clock::Clock;
use auth_domain::identity::{Admission, SessionCache, TokenIssuer, admit};
use auth_domain::ids::SessionId;
use auth_domain::store::Store;

use super::AuthError;

/// A cache of sessions, and for how long it may be wrong.
#[derive(Clone)]
pub struct CachedSessions {
    /// The cache.
    pub cache: Arc<dyn SessionCache>,
    /// How long an entry is believed.
    pub life: Duration,
}

/// The gate of every request that carries a token.
pub struct Gate {
    store: Arc<dyn Store>,
    issuer: Arc<dyn TokenIssuer>,
    sessions: Option<CachedSessions>,
    clock: Arc<dyn Clock>,
}

impl Gate {
    /// A gate over its ports. `sessions` spares its read for a moment; `None`:
    /// every request reads.
    pub fn new(
        store: Arc<dyn Store>,
        issuer: Arc<dyn TokenIssuer>,
        sessions: Option<CachedSessions>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            issuer,
            sessions,
            clock,
        }
    }

    /// The user of an access token, if that user may act now: the token is
    /// verified, then session, user and organization pass the gate.
    pub async fn authenticate(&self, token: &str, origin: Origin) -> Result<Caller, AuthError> {
        let now = self.clock.now();
        let token = self.issuer.verify(token, now)?;
        let admission = self.admission(token.session_id).await?;
        Ok(Caller {
            account: admit(admission, token.user_id, now)?,
            credential: Credential::Session(token.session_id),
            origin,
        })
    }

    /// What the gate judges: from the store, or where that is switched on from
    /// a cache that is a moment behind. A cache that does not answer is none.
    async fn admission(&self, session: SessionId) -> Result<Option<Admission>, AuthError> {
        let sessions = self.store.read().sessions();
        let Some(cached) = &self.sessions else {
            return Ok(sessions.find_admission(session).await?);
        };
        if let Ok(Some(admission)) = cached.cache.get(session).await {
            return Ok(Some(admission));
        }
        let found = sessions.find_admission(session).await?;
        if let Some(admission) = &found
            && let Err(error) = cached.cache.put(admission, cached.life).await
        {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "a session could not be cached");
        }
        Ok(found)
    }
}
