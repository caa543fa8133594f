//! Refreshing a session: rotation, a second chance, and reuse detection
//! (RFC 9700, section 4.14.2).

use std::time::Duration;

use auth_domain::caller::{Actor, Origin};
use auth_domain::clock::Timestamp;
use auth_domain::identity::{
    Account, GateRefusal, PreviousToken, RefreshState, RefreshToken, Rotation,
};
use auth_domain::ids::SessionId;
use auth_domain::security::{LimitRule, RateLimited, Subject};

use super::pairs::LiveSession;
use super::{AuthError, Sessions, SignedIn};
use crate::{EndedSession, Tx};

/// How long the token before the current one gets its successor again: a
/// client whose answer was lost asks once more within this time.
const RETRY_WINDOW: Duration = Duration::from_secs(10);

/// What a presented token led to.
enum Outcome {
    /// A live pair.
    Live {
        account: Box<Account>,
        token: RefreshToken,
        expires_at: Timestamp,
    },
    /// An old token: there is a copy of it, so the session ended.
    Reused,
}

/// A presented refresh token, and the successor it gets if it is the current
/// one.
struct Presented<'a> {
    session_id: SessionId,
    token: &'a RefreshToken,
    successor: &'a RefreshToken,
    origin: &'a Origin,
    at: Timestamp,
}

impl Sessions {
    /// Exchanges a refresh token for a new pair of the same session.
    ///
    /// The token before the current one gets the same successor for ten
    /// seconds, as long as the successor was not presented; any older token
    /// of the session revokes it. A token that never was the session's changes
    /// nothing and learns nothing of the session.
    pub async fn refresh(
        &self,
        origin: &Origin,
        session_id: SessionId,
        token: &RefreshToken,
    ) -> Result<SignedIn, AuthError> {
        self.recognize(origin, session_id, token).await?;
        let successor = self.ports.refresh_tokens.generate()?;
        let now = self.ports.clock.now();
        let presented = &Presented {
            session_id,
            token,
            successor: &successor,
            origin,
            at: now,
        };
        let outcome: Outcome = self
            .ports
            .writer
            .run::<_, AuthError, _>(&Actor::anonymous(origin), |mut tx| {
                Box::pin(async move { self.present(&mut tx, presented).await })
            })
            .await?;
        let Outcome::Live {
            account,
            token,
            expires_at,
        } = outcome
        else {
            return Err(GateRefusal::SessionRevoked.into());
        };
        let profile = self.ports.pairs.profile(*account).await?;
        let session = LiveSession {
            id: session_id,
            refresh_token: token,
            expires_at,
            now,
        };
        self.ports.pairs.pair(profile, session)
    }

    /// Whether the token is or was the session's, before anything is locked for
    /// it. Any other gets one answer, whatever session it names, and counts.
    async fn recognize(
        &self,
        origin: &Origin,
        session_id: SessionId,
        token: &RefreshToken,
    ) -> Result<(), AuthError> {
        let sessions = self.ports.store.read().sessions();
        let digest = token.digest();
        if sessions.knows_refresh_token(session_id, &digest).await? {
            return Ok(());
        }
        let address = Subject::address(origin.ip);
        let rule = LimitRule::WrongRefreshToken;
        self.ports.limits.take([(rule, address)]).await?.keep();
        Err(AuthError::InvalidRefreshToken)
    }

    async fn present(
        &self,
        tx: &mut Tx<'_, '_>,
        presented: &Presented<'_>,
    ) -> Result<Outcome, AuthError> {
        let state = tx.sessions().lock_for_refresh(presented.session_id).await?;
        let state = state.ok_or(GateRefusal::SessionNotFound)?;
        let session = &state.admission.session;
        if session.revoked_at.is_some() {
            return Err(GateRefusal::SessionRevoked.into());
        }
        if session.expires_at <= presented.at || session.absolute_expires_at <= presented.at {
            return Err(AuthError::RefreshExpired);
        }
        let digest = presented.token.digest();
        if state.current == Some(digest) {
            state.admission.account.check_active()?;
            self.demand_room(tx, presented).await?;
            return self.rotate(tx, presented, &state).await;
        }
        if let Some(again) = self.second_chance(presented, &state) {
            state.admission.account.check_active()?;
            return Ok(Outcome::Live {
                account: Box::new(state.admission.account),
                token: again,
                expires_at: state.admission.session.expires_at,
            });
        }
        let rotated = tx.sessions().was_rotated(presented.session_id, &digest);
        if !rotated.await? {
            return Err(AuthError::InvalidRefreshToken);
        }
        let account = &state.admission.account;
        tx.end_session(account, presented.session_id, EndedSession::RefreshReuse)
            .await?;
        Ok(Outcome::Reused)
    }

    /// Counted in the store, where the rotations are anyway, and only once the
    /// token proved to be the session's: no other client uses the quota up.
    async fn demand_room(
        &self,
        tx: &mut Tx<'_, '_>,
        presented: &Presented<'_>,
    ) -> Result<(), AuthError> {
        let rule = LimitRule::Rotation;
        let quota = self.ports.limits.quota(rule);
        if quota.limit == 0 {
            return Ok(());
        }
        let last = tx
            .sessions()
            .nth_last_rotation(presented.session_id, quota.limit)
            .await?;
        let room = last.map(|last| last + quota.window - presented.at);
        match room.and_then(|wait| wait.to_std().ok()) {
            Some(retry_after) if !retry_after.is_zero() => Err(RateLimited {
                rule,
                quota,
                retry_after,
            }
            .into()),
            _ => Ok(()),
        }
    }

    async fn rotate(
        &self,
        tx: &mut Tx<'_, '_>,
        presented: &Presented<'_>,
        state: &RefreshState,
    ) -> Result<Outcome, AuthError> {
        let sealed = self
            .ports
            .refresh_tokens
            .seal(presented.token, presented.successor)?;
        let slid = presented.at + self.ports.pairs.rules.refresh;
        let expires_at = slid.min(state.admission.session.absolute_expires_at);
        let rotation = Rotation {
            session_id: presented.session_id,
            old: presented.token.digest(),
            new: presented.successor.digest(),
            successor: sealed,
            at: presented.at,
            expires_at,
            origin: presented.origin.clone(),
        };
        tx.sessions().rotate(&rotation).await?;
        Ok(Outcome::Live {
            account: Box::new(state.admission.account.clone()),
            token: presented.successor.clone(),
            expires_at,
        })
    }

    /// The successor that the previous token got, if it may have it again.
    fn second_chance(
        &self,
        presented: &Presented<'_>,
        state: &RefreshState,
    ) -> Option<RefreshToken> {
        let PreviousToken {
            digest,
            successor,
            rotated_at,
        } = state.previous.as_ref()?;
        let apart = presented.at.signed_duration_since(*rotated_at).abs();
        let in_time = apart.to_std().is_ok_and(|apart| apart <= RETRY_WINDOW);
        if *digest != presented.token.digest() || !in_time {
            return None;
        }
        self.ports.refresh_tokens.open(presented.token, successor)
    }
}
