//! Tokens as other services ask about them: introspection (RFC 7662) and
//! revocation (RFC 7009).

use auth_domain::actor::Actor;
use auth_domain::clock::Timestamp;
use auth_domain::identity::{
    Admission, IssuerName, Principal, PublishedKey, RefreshToken, RevokeReason, admit,
};

use super::service::Ended;
use super::{AuthError, AuthService};
use crate::transact;

/// Which kind of token somebody showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token.
    Access {
        /// `iat`
        issued_at: Timestamp,
    },
    /// A refresh token.
    Refresh,
}

/// A token that may act now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveToken {
    /// Which kind it is.
    pub kind: TokenKind,
    /// Whose it is.
    pub principal: Principal,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl AuthService {
    /// What a token is good for now; `None`: nothing. The gate judges it, so
    /// that the answer is the one that the token itself would meet.
    pub async fn introspect(&self, token: &str) -> Result<Option<ActiveToken>, AuthError> {
        let now = self.ports.clock.now();
        if let Ok(verified) = self.ports.issuer.verify(token, now) {
            let sessions = self.ports.store.read().sessions();
            let admission = sessions.find_admission(verified.session_id).await?;
            let admitted = admit(admission, verified.user_id, now);
            return Ok(admitted.ok().map(|principal| ActiveToken {
                kind: TokenKind::Access {
                    issued_at: verified.issued_at,
                },
                principal,
                expires_at: verified.expires_at,
            }));
        }
        let Some(admission) = self.of_refresh_token(token).await? else {
            return Ok(None);
        };
        let expires_at = admission.session.expires_at;
        let user = admission.account.user_id;
        let admitted = admit(Some(admission), user, now);
        Ok(admitted.ok().map(|principal| ActiveToken {
            kind: TokenKind::Refresh,
            principal,
            expires_at,
        }))
    }

    /// Ends the session of a token, of either kind. A token that is good for
    /// nothing is no error (RFC 7009, section 2.2).
    pub async fn revoke_token(&self, actor: &Actor, token: &str) -> Result<(), AuthError> {
        let now = self.ports.clock.now();
        let admission = match self.ports.issuer.verify(token, now) {
            Ok(verified) => {
                let sessions = self.ports.store.read().sessions();
                let found = sessions.find_admission(verified.session_id).await?;
                found.filter(|found| found.account.user_id == verified.user_id)
            }
            Err(_refresh_or_nothing) => self.of_refresh_token(token).await?,
        };
        let Some(admission) = &admission else {
            return Ok(());
        };
        let id = admission.session.id;
        let end = &Ended {
            event: "auth.session_revoked",
            reason: RevokeReason::Revoked,
            at: now,
        };
        transact::<_, AuthError, _>(&*self.ports.store, |mut tx| {
            Box::pin(async move {
                if tx.sessions().revoke(id, end.reason, end.at).await? {
                    end.record(&mut tx, actor, &admission.account, &[id])
                        .await?;
                }
                Ok(())
            })
        })
        .await?;
        self.forget(&[id]).await;
        Ok(())
    }

    /// What stands in every token.
    pub fn issuer_name(&self) -> IssuerName {
        self.ports.issuer.name()
    }

    /// The public keys that verify our tokens.
    pub fn published_keys(&self) -> Vec<PublishedKey> {
        self.ports.issuer.published_keys()
    }

    async fn of_refresh_token(&self, token: &str) -> Result<Option<Admission>, AuthError> {
        let digest = RefreshToken::new(token.to_owned()).digest();
        let sessions = self.ports.store.read().sessions();
        Ok(sessions.find_by_refresh_digest(&digest).await?)
    }
}
