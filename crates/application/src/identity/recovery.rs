//! A password or an address proved by mail: asking for it, and using the token.

use std::sync::Arc;

use auth_domain::caller::{Actor, Caller, Origin};
use auth_domain::clock::Clock;
use auth_domain::events::{PasswordChanged, PasswordReset, UserEmailVerified};
use auth_domain::facts::Facts;
use auth_domain::identity::{
    Account, LoginName, OneTimeToken, OneTimeTokenIndex, Password, PasswordHash, RevokeReason,
    StoredToken, TokenDigest, TokenPurpose,
};
use auth_domain::ids::UserId;
use auth_domain::security::{LimitRule, Subject};
use auth_domain::store::Store;
use auth_domain::users::{EmailAddress, EmailProof};

use super::{NewPasswords, RecoveryError, SetPasswordError};
use crate::access::Operator;
use crate::mail::MailJob;
use crate::security::Limits;
use crate::{Change, Tx, Writer};

/// What the service works with.
#[derive(Clone)]
pub struct RecoveryPorts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Hashes passwords that shall be set.
    pub new_passwords: NewPasswords,
    /// Spares guesses the store.
    pub index: Arc<dyn OneTimeTokenIndex>,
    /// Slows attackers down.
    pub limits: Limits,
    /// Writes.
    pub writer: Writer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Resets passwords and verifies addresses, by tokens that the background job
/// mails.
pub struct RecoveryService {
    ports: RecoveryPorts,
}

/// A reset about to be written.
struct Reset<'a> {
    token: &'a OneTimeToken,
    stored: StoredToken,
    hash: PasswordHash,
}

impl RecoveryService {
    /// A service over its ports.
    pub fn new(ports: RecoveryPorts) -> Self {
        Self { ports }
    }

    /// Asks for a mail with a reset token. Writes the same single row for any
    /// address: whether an account has it is looked up later.
    pub async fn forgot(&self, origin: &Origin, email: &EmailAddress) -> Result<(), RecoveryError> {
        let address = Subject::address(origin.ip);
        let mail = &MailJob::password_reset(&email.key());
        let actor = Actor::anonymous(origin);
        let asked = self.ports.writer.run(&actor, |mut tx| {
            Box::pin(async move { Ok(tx.enqueue(mail).await?) })
        });
        let limits = &self.ports.limits;
        limits
            .spend([(LimitRule::ForgottenPassword, address)], asked)
            .await
    }

    /// Asks for a mail that verifies the address of the signed-in user; one
    /// that is verified asks for nothing.
    pub async fn request_verification(&self, caller: &Caller) -> Result<(), RecoveryError> {
        if caller.account.email_verified_at.is_some() {
            return Ok(());
        }
        self.ports
            .writer
            .run_as(caller, |mut tx, authority| {
                Box::pin(async move {
                    let address = authority.account.email.key();
                    Ok(tx.enqueue(&MailJob::email_verification(&address)).await?)
                })
            })
            .await
    }

    /// Sets a new password for the user that the token was mailed to, and ends
    /// all sessions. The reader of the mail has the address: it is verified
    /// too.
    pub async fn reset(
        &self,
        origin: &Origin,
        token: &OneTimeToken,
        new: &Password,
    ) -> Result<(), RecoveryError> {
        let purpose = TokenPurpose::PasswordReset;
        let stored = self.recognize(origin, purpose, token).await?;
        let users = self.ports.store.read().users();
        let login = LoginName::of_email(&stored.email_key);
        let holder = users.find_account(&login).await?;
        let holder = holder
            .filter(|found| found.user_id == stored.user_id)
            .ok_or(RecoveryError::InvalidToken)?;
        let names = holder.own_names();
        let hash = self.ports.new_passwords.hash(new, names).await?;
        let reset = &Reset {
            token,
            stored,
            hash,
        };
        self.ports
            .writer
            .run(&Actor::anonymous(origin), |mut tx| {
                Box::pin(async move { reset.write(&mut tx).await })
            })
            .await?;
        self.forget(purpose, token).await;
        Ok(())
    }

    /// Sets a new password for a user whom an operator knows, and ends all
    /// sessions: for the last administrator who forgot it. The user signs in
    /// with it only where nothing else keeps it out.
    pub async fn set_password(
        &self,
        operator: &Operator,
        login: &LoginName,
        new: &Password,
    ) -> Result<UserId, SetPasswordError> {
        let users = self.ports.store.read().users();
        let account = users.find_account(login).await?;
        let account = &account.ok_or(SetPasswordError::UserNotFound)?;
        let hash = self.ports.new_passwords.hash(new, account.own_names());
        let hash = &hash.await?;
        self.ports
            .writer
            .run(operator.actor(), |mut tx| {
                Box::pin(async move { replace(&mut tx, account, hash).await })
            })
            .await?;
        Ok(account.user_id)
    }

    /// Verifies the address that the token was mailed to. While the token lives
    /// that can be asked any number of times: readers of mail open links before
    /// and beside the person.
    pub async fn verify_email(
        &self,
        origin: &Origin,
        token: &OneTimeToken,
    ) -> Result<(), RecoveryError> {
        let purpose = TokenPurpose::EmailVerification;
        let stored = &self.recognize(origin, purpose, token).await?;
        self.ports
            .writer
            .run(&Actor::anonymous(origin), |mut tx| {
                Box::pin(async move {
                    let (user, key, now) = (stored.user_id, &stored.email_key, tx.now());
                    let proof = tx.users().verify_email(user, key, now).await?;
                    if proof == EmailProof::NotTheAddress {
                        return Err(RecoveryError::InvalidToken);
                    }
                    let tokens = tx.read().one_time_tokens();
                    let found = tokens.find(purpose, &token.digest()).await?;
                    let account = holder(&tx, found).await?;
                    if proof == EmailProof::New {
                        record_verified(&mut tx, &account).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// The token as it is stored, before anything costly is done for it: the
    /// transaction looks again.
    ///
    /// A token that the index knows passes whatever others guessed from its
    /// address. Any other is looked up within the limit for wrong tokens, so
    /// that a flood of guesses does not reach the store, and a token that the
    /// index lost is as good as before.
    async fn recognize(
        &self,
        origin: &Origin,
        purpose: TokenPurpose,
        token: &OneTimeToken,
    ) -> Result<StoredToken, RecoveryError> {
        let digest = token.digest();
        let known = self.ports.index.knows(purpose, &digest).await;
        if known.unwrap_or(false)
            && let Some(found) = self.stored(purpose, &digest).await?
        {
            return Ok(found);
        }
        let address = Subject::address(origin.ip);
        let taken = self.ports.limits.take([(LimitRule::WrongToken, address)]);
        let taken = taken.await?;
        match self.stored(purpose, &digest).await {
            Ok(None) => {
                taken.keep();
                Err(RecoveryError::InvalidToken)
            }
            // A right one, or one that nothing judged.
            found => {
                self.ports.limits.give_back(taken).await;
                found?.ok_or(RecoveryError::InvalidToken)
            }
        }
    }

    async fn stored(
        &self,
        purpose: TokenPurpose,
        digest: &TokenDigest,
    ) -> Result<Option<StoredToken>, RecoveryError> {
        let tokens = self.ports.store.read().one_time_tokens();
        let found = tokens.find(purpose, digest).await?;
        let now = self.ports.clock.now();
        Ok(found.filter(|found| now < found.expires_at))
    }

    async fn forget(&self, purpose: TokenPurpose, token: &OneTimeToken) {
        if let Err(error) = self.ports.index.forget(purpose, &token.digest()).await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "a used token stays in the index until it expires");
        }
    }
}

impl Reset<'_> {
    /// Writes the hash first, which locks the user: a sign-in that compared
    /// the old password comes before it, and is ended here, or fails after it.
    /// Whether the token still holds is told by taking it, after the user, as
    /// every other transaction locks the two.
    async fn write(&self, tx: &mut Tx<'_, '_>) -> Result<(), RecoveryError> {
        let (user, at) = (self.stored.user_id, tx.now());
        tx.users().set_password_hash(user, &self.hash, at).await?;
        let account = take(tx, TokenPurpose::PasswordReset, self.token).await?;
        let organization = account.organization_id;
        let reason = RevokeReason::PasswordChange;
        tx.end_sessions(organization, user, None, reason).await?;
        tx.one_time_tokens().discard_all(user).await?;
        tx.users()
            .verify_email(user, &account.email.key(), at)
            .await?;
        let event = PasswordReset {
            user_id: user,
            organization_id: organization,
            token_hash: self.token.digest(),
        };
        tx.record(Change::with_event(organization, &event)).await?;
        let notice = MailJob::password_changed(&account.email);
        Ok(tx.enqueue(&notice).await?)
    }
}

/// Writes a hash that an operator chose, and ends what the old one let in.
async fn replace(
    tx: &mut Tx<'_, '_>,
    account: &Account,
    hash: &PasswordHash,
) -> Result<(), SetPasswordError> {
    let (user, organization, at) = (account.user_id, account.organization_id, tx.now());
    tx.users().set_password_hash(user, hash, at).await?;
    let reason = RevokeReason::PasswordChange;
    tx.end_sessions(organization, user, None, reason).await?;
    tx.one_time_tokens().discard_all(user).await?;
    let event = PasswordChanged {
        user_id: user,
        organization_id: organization,
    };
    tx.record(Change::with_event(organization, &event)).await?;
    let notice = MailJob::password_changed(&account.email);
    Ok(tx.enqueue(&notice).await?)
}

/// Takes a token that holds. Of two that take it at once, one gets it.
async fn take(
    tx: &mut Tx<'_, '_>,
    purpose: TokenPurpose,
    token: &OneTimeToken,
) -> Result<Account, RecoveryError> {
    let taken = tx.one_time_tokens().take(purpose, &token.digest()).await?;
    holder(tx, taken).await
}

/// Whose a token is that holds: not expired, of an active account that still
/// has the address.
async fn holder(tx: &Tx<'_, '_>, token: Option<StoredToken>) -> Result<Account, RecoveryError> {
    let now = tx.now();
    let token = token
        .filter(|token| now < token.expires_at)
        .ok_or(RecoveryError::InvalidToken)?;
    let login = LoginName::of_email(&token.email_key);
    let found = tx.read().users().find_account(&login).await?;
    let account = found
        .filter(|account| account.user_id == token.user_id)
        .ok_or(RecoveryError::InvalidToken)?;
    account
        .check_active()
        .map_err(|_inactive_tells_nothing_more| RecoveryError::InvalidToken)?;
    Ok(account)
}

async fn record_verified(tx: &mut Tx<'_, '_>, account: &Account) -> Result<(), RecoveryError> {
    let event = UserEmailVerified {
        user_id: account.user_id,
        organization_id: account.organization_id,
    };
    let after = Facts::new().with("email", account.email.clone());
    let change = Change::with_event(account.organization_id, &event).after(after);
    Ok(tx.record(change).await?)
}
