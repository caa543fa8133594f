//! A new password for who knows the old one.

use auth_domain::actor::Actor;
use auth_domain::audit::AuditEntry;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, Event, Exchange};
use auth_domain::fields::Fields;
use auth_domain::identity::{
    Account, LoginName, Password, PasswordHash, Principal, RefreshToken, RevokeReason,
};
use auth_domain::ids::SessionId;

use super::service::Ended;
use super::{AuthError, AuthService, SignedIn, TokenPair};
use crate::{Tx, transact};

/// A change about to be written.
struct Change<'a> {
    actor: &'a Actor,
    principal: &'a Principal,
    old: PasswordHash,
    new: PasswordHash,
    successor: &'a RefreshToken,
    expires_at: Timestamp,
    at: Timestamp,
}

impl AuthService {
    /// Sets a new password for the signed-in user, ends all other sessions and
    /// answers a new pair for this one. A wrong old password counts like a
    /// failed sign-in.
    pub async fn change_password(
        &self,
        actor: &Actor,
        principal: &Principal,
        old: &Password,
        new: &Password,
    ) -> Result<SignedIn, AuthError> {
        let account = &principal.account;
        let login = LoginName::of_username(&account.username);
        let compared = self.compare(&actor.origin, &login, old).await;
        let (proven, _outdated) = compared.map_err(|error| match error {
            AuthError::InvalidCredentials => AuthError::WrongPassword,
            other => other,
        })?;
        let stored = proven.password_hash.ok_or(AuthError::WrongPassword)?;
        let hash = self
            .ports
            .new_passwords
            .hash(new, account.own_names())
            .await?;
        let successor = self.ports.refresh_tokens.generate()?;
        let now = self.ports.clock.now();
        let change = &Change {
            actor,
            principal,
            old: stored,
            new: hash,
            successor: &successor,
            expires_at: now + self.lifetimes.refresh,
            at: now,
        };
        let (expires_at, ended) = transact(&*self.ports.store, |mut tx| {
            Box::pin(async move { change.write(&mut tx).await })
        })
        .await?;
        self.forget(&ended).await;
        let profile = self.profile(account.clone()).await?;
        Ok(SignedIn {
            tokens: TokenPair {
                access_token: self.sign(
                    &profile,
                    principal.session_id,
                    now,
                    self.lifetimes.access,
                )?,
                refresh_token: successor,
                expires_in: self.lifetimes.access,
                refresh_expires_at: expires_at,
                session_id: principal.session_id,
            },
            profile,
        })
    }
}

impl Change<'_> {
    /// Writes the hash first, which locks the user: a sign-in with the old
    /// password comes before it, and is ended here, or fails after it. Answers
    /// when this session ends now, and which others ended.
    async fn write(&self, tx: &mut Tx<'_, '_>) -> Result<(Timestamp, Vec<SessionId>), AuthError> {
        let account = &self.principal.account;
        let user = account.user_id;
        let stands = tx.users().upgrade_password_hash(user, &self.old, &self.new);
        if !stands.await? {
            return Err(AuthError::WrongPassword);
        }
        tx.users()
            .set_password_hash(user, &self.new, self.at)
            .await?;
        let session = self.principal.session_id;
        let state = tx.sessions().lock_for_refresh(session).await?;
        let state = state.ok_or(AuthError::SessionNotFound)?;
        if state.admission.session.revoked_at.is_some() {
            return Err(AuthError::SessionRevoked);
        }
        let expires_at = self
            .expires_at
            .min(state.admission.session.absolute_expires_at);
        let digest = self.successor.digest();
        tx.sessions().reissue(session, &digest, expires_at).await?;
        let end = Ended {
            event: "auth.session_revoked",
            reason: RevokeReason::PasswordChange,
            at: self.at,
        };
        let ended = tx
            .sessions()
            .revoke_all_of_user(user, Some(session), end.reason, end.at)
            .await?;
        end.record(tx, self.actor, account, &ended).await?;
        tx.one_time_tokens().discard_all(user).await?;
        record(
            tx,
            self.actor,
            account,
            "password.changed",
            Fields::new(),
            self.at,
        )
        .await?;
        Ok((expires_at, ended))
    }
}

/// The audit row and the event of a password that was set; `facts` go beside
/// who it was.
pub(super) async fn record(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    account: &Account,
    event_type: &'static str,
    facts: Fields,
    at: Timestamp,
) -> Result<(), PortError> {
    let entry = AuditEntry {
        organization_id: account.organization_id,
        action: event_type,
        description: None,
        table: "users",
        row_id: account.user_id.get(),
        before: None,
        after: None,
        at,
    };
    tx.audit().append(actor, &entry).await?;
    let event = Event {
        exchange: Exchange::Security,
        event_type,
        aggregate: Aggregate::User(account.user_id),
        organization_id: account.organization_id,
        at,
        payload: facts
            .with("user_id", account.user_id)
            .with("organization_id", account.organization_id),
    };
    tx.outbox().append(actor, &event).await?;
    Ok(())
}
