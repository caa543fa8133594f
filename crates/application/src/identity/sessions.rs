//! The sessions of a user: which there are, and ending them.

use std::sync::Arc;

use auth_domain::caller::Caller;
use auth_domain::clock::Clock;
use auth_domain::identity::{GateRefusal, RefreshTokens, RevokeReason, SessionInfo};
use auth_domain::ids::SessionId;
use auth_domain::page::{Page, PageRequest, SessionKey};
use auth_domain::store::Store;

use super::{AuthError, Pairs};
use crate::access::AccessError;
use crate::security::Limits;
use crate::{EndedSession, Writer};

/// What sessions work with.
#[derive(Clone)]
pub struct SessionPorts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Makes refresh tokens.
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    /// Makes profiles and access tokens.
    pub pairs: Pairs,
    /// Bounds refreshes.
    pub limits: Limits,
    /// Writes.
    pub writer: Writer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Shows, refreshes and ends sessions.
pub struct Sessions {
    pub(super) ports: SessionPorts,
}

impl Sessions {
    /// A service over its ports.
    pub fn new(ports: SessionPorts) -> Self {
        Self { ports }
    }

    /// The live sessions of the signed-in user, the latest first.
    pub async fn list(
        &self,
        caller: &Caller,
        page: &PageRequest<SessionKey>,
    ) -> Result<Page<SessionInfo, SessionKey>, AuthError> {
        let sessions = self.ports.store.read().sessions();
        let now = self.ports.clock.now();
        Ok(sessions.list_live(caller.user_id(), now, page).await?)
    }

    /// Ends the signed-in user's session. Ending it twice at once is ending it
    /// once: the later one finds it revoked.
    pub async fn logout(&self, caller: &Caller) -> Result<(), AuthError> {
        let id = caller.session().ok_or(AccessError::Forbidden)?;
        self.ports
            .writer
            .run_as(caller, |mut tx, authority| {
                Box::pin(async move {
                    let account = &authority.account;
                    let ended = tx.end_session(account, id, EndedSession::Logout);
                    if ended.await? {
                        return Ok(());
                    }
                    Err(GateRefusal::SessionRevoked.into())
                })
            })
            .await
    }

    /// Ends one session of the signed-in user, the present one included.
    /// Another user's and one that has ended are as if absent.
    pub async fn revoke(&self, caller: &Caller, id: SessionId) -> Result<(), AuthError> {
        self.ports
            .writer
            .run_as(caller, |mut tx, authority| {
                Box::pin(async move {
                    let account = &authority.account;
                    let found = tx.read().sessions().find_admission(id).await?;
                    found
                        .filter(|found| found.account.user_id == account.user_id)
                        .ok_or(AuthError::NoSuchSession)?;
                    let ended = tx.end_session(account, id, EndedSession::Revoked);
                    if ended.await? {
                        return Ok(());
                    }
                    Err(AuthError::NoSuchSession)
                })
            })
            .await
    }

    /// Ends all other sessions of the signed-in user; answers how many.
    pub async fn revoke_others(&self, caller: &Caller) -> Result<usize, AuthError> {
        let own = caller.session();
        self.ports
            .writer
            .run_as(caller, |mut tx, authority| {
                Box::pin(async move {
                    let account = &authority.account;
                    let (organization, user) = (account.organization_id, account.user_id);
                    let reason = RevokeReason::Revoked;
                    Ok(tx.end_sessions(organization, user, own, reason).await?)
                })
            })
            .await
    }
}
