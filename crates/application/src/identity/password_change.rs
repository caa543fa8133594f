//! A new password for a user who knows the old one.

use auth_domain::caller::Caller;
use auth_domain::clock::Timestamp;
use auth_domain::events::PasswordChanged;
use auth_domain::identity::{
    GateRefusal, LoginName, Password, PasswordHash, RefreshToken, RevokeReason,
};
use auth_domain::ids::SessionId;

use super::pairs::LiveSession;
use super::password_check::Purpose;
use super::{AuthError, SignIn, SignedIn};
use crate::access::AccessError;
use crate::mail::MailJob;
use crate::{Change, Tx};

/// A new password about to be written.
struct NewPassword<'a> {
    caller: &'a Caller,
    session: SessionId,
    old: PasswordHash,
    new: PasswordHash,
    successor: &'a RefreshToken,
    expires_at: Timestamp,
}

impl SignIn {
    /// Sets a new password for the signed-in user, ends all other sessions and
    /// answers a new pair for this one. A wrong old password counts like a
    /// failed sign-in.
    pub async fn change_password(
        &self,
        caller: &Caller,
        old: &Password,
        new: &Password,
    ) -> Result<SignedIn, AuthError> {
        let session = caller.session().ok_or(AccessError::Forbidden)?;
        let account = &caller.account;
        let login = LoginName::of_username(&account.username);
        let compared = self
            .ports
            .check
            .compare(&caller.origin, &login, old, Purpose::Confirm)
            .await;
        let (proven, _outdated) = compared.map_err(|error| match error {
            AuthError::InvalidCredentials => AuthError::WrongPassword,
            other => other,
        })?;
        let stored = proven.password_hash.ok_or(AuthError::WrongPassword)?;
        let hash = self.ports.new_passwords.hash(new, account.own_names());
        let hash = hash.await?;
        let successor = self.ports.refresh_tokens.generate()?;
        let pairs = &self.ports.pairs;
        let now = self.ports.clock.now();
        let change = &NewPassword {
            caller,
            session,
            old: stored,
            new: hash,
            successor: &successor,
            expires_at: now + pairs.rules.refresh,
        };
        let expires_at = self
            .ports
            .writer
            .run_as(caller, |mut tx, _authority| {
                Box::pin(async move { change.write(&mut tx).await })
            })
            .await?;
        let profile = pairs.profile(account.clone()).await?;
        let session = LiveSession {
            id: session,
            refresh_token: successor,
            expires_at,
            now,
        };
        pairs.pair(profile, session)
    }
}

impl NewPassword<'_> {
    /// Writes the hash first, under the lock of the user: a sign-in with the
    /// old password comes before it, and is ended here, or fails after it.
    /// Answers when this session ends now.
    async fn write(&self, tx: &mut Tx<'_, '_>) -> Result<Timestamp, AuthError> {
        let account = &self.caller.account;
        let (organization, user) = (account.organization_id, account.user_id);
        let at = tx.now();
        let stands = tx.users().upgrade_password_hash(user, &self.old, &self.new);
        if !stands.await? {
            return Err(AuthError::WrongPassword);
        }
        tx.users().set_password_hash(user, &self.new, at).await?;
        let state = tx.sessions().lock_for_refresh(self.session).await?;
        let state = state.ok_or(GateRefusal::SessionNotFound)?;
        let ends = state.admission.session.absolute_expires_at;
        let expires_at = self.expires_at.min(ends);
        let digest = self.successor.digest();
        tx.sessions()
            .reissue(self.session, &digest, expires_at)
            .await?;
        let reason = RevokeReason::PasswordChange;
        tx.end_sessions(organization, user, Some(self.session), reason)
            .await?;
        tx.one_time_tokens().discard_all(user).await?;
        let event = PasswordChanged {
            user_id: user,
            organization_id: organization,
        };
        tx.record(Change::with_event(organization, &event)).await?;
        tx.enqueue(&MailJob::password_changed(&account.email))
            .await?;
        Ok(expires_at)
    }
}
