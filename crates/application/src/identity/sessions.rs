//! The sessions of a user: which there are, and ending them.

use auth_domain::actor::Actor;
use auth_domain::identity::{Principal, RevokeReason, SessionInfo};
use auth_domain::ids::SessionId;
use auth_domain::page::{Page, PageRequest};

use super::service::Ended;
use super::{AuthError, AuthService};
use crate::transact;

impl AuthService {
    /// The live sessions of the signed-in user, the latest first.
    pub async fn sessions(
        &self,
        principal: &Principal,
        page: &PageRequest,
    ) -> Result<Page<SessionInfo>, AuthError> {
        let sessions = self.ports.store.read().sessions();
        let now = self.ports.clock.now();
        Ok(sessions
            .list_live(principal.account.user_id, now, page)
            .await?)
    }

    /// Ends one session of the signed-in user, the present one included.
    /// Somebody else's and one that has ended are as if absent.
    pub async fn revoke_session(
        &self,
        actor: &Actor,
        principal: &Principal,
        id: SessionId,
    ) -> Result<(), AuthError> {
        let end = &self.revoked();
        transact(&*self.ports.store, |mut tx| {
            Box::pin(async move {
                let account = &principal.account;
                let found = tx.sessions().find_admission(id).await?;
                found
                    .filter(|found| found.account.user_id == account.user_id)
                    .ok_or(AuthError::NoSuchSession)?;
                if !tx.sessions().revoke(id, end.reason, end.at).await? {
                    return Err(AuthError::NoSuchSession);
                }
                Ok(end.record(&mut tx, actor, account, &[id]).await?)
            })
        })
        .await?;
        self.forget(&[id]).await;
        Ok(())
    }

    /// Ends all other sessions of the signed-in user; answers how many.
    pub async fn revoke_other_sessions(
        &self,
        actor: &Actor,
        principal: &Principal,
    ) -> Result<usize, AuthError> {
        let end = &self.revoked();
        let ended = transact::<_, AuthError, _>(&*self.ports.store, |mut tx| {
            Box::pin(async move {
                let account = &principal.account;
                let own = Some(principal.session_id);
                let ended = tx
                    .sessions()
                    .revoke_all_of_user(account.user_id, own, end.reason, end.at)
                    .await?;
                end.record(&mut tx, actor, account, &ended).await?;
                Ok(ended)
            })
        })
        .await?;
        self.forget(&ended).await;
        Ok(ended.len())
    }

    fn revoked(&self) -> Ended {
        Ended {
            event: "auth.session_revoked",
            reason: RevokeReason::Revoked,
            at: self.ports.clock.now(),
        }
    }
}
