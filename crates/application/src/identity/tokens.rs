//! Tokens as other services ask about them: introspection (RFC 7662) and
//! revocation (RFC 7009), and the keys that verify them.

use std::sync::Arc;

use auth_domain::clock::{Clock, Timestamp};
use auth_domain::identity::{
    Account, Admission, IssuerName, PublishedKey, RefreshToken, TokenIssuer, admit,
};
use auth_domain::ids::SessionId;
use auth_domain::store::Store;

use super::{AuthError, Pairs, Profile};
use crate::access::Operator;
use crate::{EndedSession, Writer};

/// The kind of a token.
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
    /// Its kind.
    pub kind: TokenKind,
    /// The user whose it is.
    pub account: Account,
    /// The session that it belongs to.
    pub session_id: SessionId,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// Answers about tokens.
pub struct Tokens {
    store: Arc<dyn Store>,
    issuer: Arc<dyn TokenIssuer>,
    pairs: Pairs,
    writer: Writer,
    clock: Arc<dyn Clock>,
}

impl Tokens {
    /// A service over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        issuer: Arc<dyn TokenIssuer>,
        pairs: Pairs,
        writer: Writer,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            issuer,
            pairs,
            writer,
            clock,
        }
    }

    /// The profile of a user, as the gate saw the account.
    pub async fn profile(&self, account: Account) -> Result<Profile, AuthError> {
        self.pairs.profile(account).await
    }

    /// What a token is good for now; `None`: nothing. The gate judges it, so
    /// that the answer is the one that the token itself would meet.
    pub async fn introspect(
        &self,
        _operator: &Operator,
        token: &str,
    ) -> Result<Option<ActiveToken>, AuthError> {
        let now = self.clock.now();
        if let Ok(verified) = self.issuer.verify(token, now) {
            let session_id = verified.session_id;
            let sessions = self.store.read().sessions();
            let admission = sessions.find_admission(session_id).await?;
            let admitted = admit(admission, verified.user_id, now);
            return Ok(admitted.ok().map(|account| ActiveToken {
                kind: TokenKind::Access {
                    issued_at: verified.issued_at,
                },
                account,
                session_id,
                expires_at: verified.expires_at,
            }));
        }
        let Some(admission) = self.of_refresh_token(token).await? else {
            return Ok(None);
        };
        let (session_id, expires_at) = (admission.session.id, admission.session.expires_at);
        let user = admission.account.user_id;
        let admitted = admit(Some(admission), user, now);
        Ok(admitted.ok().map(|account| ActiveToken {
            kind: TokenKind::Refresh,
            account,
            session_id,
            expires_at,
        }))
    }

    /// Ends the session of a token, of either kind. A token that is good for
    /// nothing is no error (RFC 7009, section 2.2).
    pub async fn revoke(&self, operator: &Operator, token: &str) -> Result<(), AuthError> {
        let now = self.clock.now();
        let admission = match self.issuer.verify(token, now) {
            Ok(verified) => {
                let sessions = self.store.read().sessions();
                let found = sessions.find_admission(verified.session_id).await?;
                found.filter(|found| found.account.user_id == verified.user_id)
            }
            Err(_refresh_or_nothing) => self.of_refresh_token(token).await?,
        };
        let Some(Admission { session, account }) = &admission else {
            return Ok(());
        };
        self.writer
            .run(operator.actor(), |mut tx| {
                Box::pin(async move {
                    tx.end_session(account, session.id, EndedSession::Revoked)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// What stands in every token.
    pub fn issuer_name(&self) -> IssuerName {
        self.issuer.name()
    }

    /// The public keys that verify our tokens.
    pub fn published_keys(&self) -> Vec<PublishedKey> {
        self.issuer.published_keys()
    }

    async fn of_refresh_token(&self, token: &str) -> Result<Option<Admission>, AuthError> {
        let digest = RefreshToken::new(token.to_owned()).digest();
        let sessions = self.store.read().sessions();
        Ok(sessions.find_by_refresh_digest(&digest).await?)
    }
}
