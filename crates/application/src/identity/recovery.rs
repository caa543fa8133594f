//! A password or an address proved by mail: asking for it, and using the token.

use std::sync::Arc;

use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::audit::AuditEntry;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, Event, Exchange};
use auth_domain::fields::Fields;
use auth_domain::identity::{
    Account, LoginName, OneTimeToken, OneTimeTokenIndex, Password, PasswordHash, Principal,
    RevokeReason, StoredToken, TokenDigest, TokenPurpose,
};
use auth_domain::jobs::{JobKind, NewJob};
use auth_domain::security::{LimitRule, Subject};
use auth_domain::store::Store;
use auth_domain::text::NameKey;
use auth_domain::users::EmailAddress;

use super::password_change::record;
use super::service::Ended;
use super::{NewPasswords, RecoveryError};
use crate::security::Limits;
use crate::{Tx, transact};

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
    actor: &'a Actor,
    token: &'a OneTimeToken,
    hash: PasswordHash,
    at: Timestamp,
}

impl RecoveryService {
    /// A service over its ports.
    pub fn new(ports: RecoveryPorts) -> Self {
        Self { ports }
    }

    /// Asks for a mail with a reset token. Writes the same single row for any
    /// address: whether somebody has it is looked up later.
    pub async fn forgot(&self, origin: &Origin, email: &EmailAddress) -> Result<(), RecoveryError> {
        let address = Subject::address(origin.ip);
        let taken = self
            .ports
            .limits
            .take([(LimitRule::ForgottenPassword, address)]);
        taken.await?.keep();
        self.enqueue(JobKind::PasswordReset, &email.key(), origin)
            .await
    }

    /// Asks for a mail that verifies the address of the signed-in user; one
    /// that is verified asks for nothing.
    pub async fn request_verification(
        &self,
        origin: &Origin,
        principal: &Principal,
    ) -> Result<(), RecoveryError> {
        let account = &principal.account;
        if account.email_verified_at.is_some() {
            return Ok(());
        }
        self.enqueue(JobKind::EmailVerification, &account.email.key(), origin)
            .await
    }

    async fn enqueue(
        &self,
        kind: JobKind,
        email: &NameKey,
        origin: &Origin,
    ) -> Result<(), RecoveryError> {
        let job = &NewJob {
            kind,
            subject: email.as_str().to_owned(),
            request_id: origin.request_id.clone(),
            created_at: self.ports.clock.now(),
        };
        transact(&*self.ports.store, |mut tx| {
            Box::pin(async move { Ok(tx.jobs().enqueue(job).await?) })
        })
        .await
    }

    /// Sets a new password for whom the token was mailed to, and ends all of
    /// their sessions. Who read the mail has the address: it is verified too.
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
        let holder = users.find_credentials(&login).await?;
        let holder = holder
            .filter(|found| found.account.user_id == stored.user_id)
            .ok_or(RecoveryError::InvalidToken)?;
        let names = holder.account.own_names();
        let hash = self.ports.new_passwords.hash(new, names).await?;
        let reset = &Reset {
            actor: &anonymous(origin),
            token,
            hash,
            at: self.ports.clock.now(),
        };
        transact(&*self.ports.store, |mut tx| {
            Box::pin(async move { reset.write(&mut tx).await })
        })
        .await?;
        self.forget(purpose, token).await;
        Ok(())
    }

    /// Verifies the address that the token was mailed to.
    pub async fn verify_email(
        &self,
        origin: &Origin,
        token: &OneTimeToken,
    ) -> Result<(), RecoveryError> {
        let purpose = TokenPurpose::EmailVerification;
        self.recognize(origin, purpose, token).await?;
        let actor = &anonymous(origin);
        let now = self.ports.clock.now();
        transact::<_, RecoveryError, _>(&*self.ports.store, |mut tx| {
            Box::pin(async move {
                let account = take(&mut tx, purpose, token, now).await?;
                let key = account.email.key();
                if !tx.users().verify_email(account.user_id, &key, now).await? {
                    return Err(RecoveryError::InvalidToken);
                }
                Ok(record_verified(&mut tx, actor, &account, now).await?)
            })
        })
        .await?;
        self.forget(purpose, token).await;
        Ok(())
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
        let Some(found) = self.stored(purpose, &digest).await? else {
            taken.keep();
            return Err(RecoveryError::InvalidToken);
        };
        self.ports.limits.give_back(taken).await;
        Ok(found)
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
    async fn write(&self, tx: &mut Tx<'_, '_>) -> Result<(), RecoveryError> {
        let account = take(tx, TokenPurpose::PasswordReset, self.token, self.at).await?;
        let user = account.user_id;
        tx.users()
            .set_password_hash(user, &self.hash, self.at)
            .await?;
        let end = Ended {
            event: "auth.session_revoked",
            reason: RevokeReason::PasswordChange,
            at: self.at,
        };
        let ended = tx
            .sessions()
            .revoke_all_of_user(user, None, end.reason, end.at)
            .await?;
        end.record(tx, self.actor, &account, &ended).await?;
        tx.one_time_tokens().discard_all(user).await?;
        tx.users()
            .verify_email(user, &account.email.key(), self.at)
            .await?;
        let digest = self.token.digest();
        let facts = Fields::new().with("token_hash", hex(digest.as_bytes()));
        record(tx, self.actor, &account, "password.reset", facts, self.at).await?;
        Ok(())
    }
}

/// Takes a token that holds: not expired, of an active account that still has
/// the address. Of two who take it at once, one gets it.
async fn take(
    tx: &mut Tx<'_, '_>,
    purpose: TokenPurpose,
    token: &OneTimeToken,
    now: Timestamp,
) -> Result<Account, RecoveryError> {
    let taken = tx.one_time_tokens().take(purpose, &token.digest()).await?;
    let taken = taken
        .filter(|taken| now < taken.expires_at)
        .ok_or(RecoveryError::InvalidToken)?;
    let login = LoginName::of_email(&taken.email_key);
    let found = tx.users().find_credentials(&login).await?;
    let account = found
        .map(|found| found.account)
        .filter(|account| account.user_id == taken.user_id)
        .ok_or(RecoveryError::InvalidToken)?;
    account
        .check_active()
        .map_err(|_inactive_tells_nothing_more| RecoveryError::InvalidToken)?;
    Ok(account)
}

async fn record_verified(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    account: &Account,
    at: Timestamp,
) -> Result<(), PortError> {
    let entry = AuditEntry {
        organization_id: account.organization_id,
        action: "user.email_verified",
        description: None,
        table: "users",
        row_id: account.user_id.get(),
        before: None,
        after: Some(Fields::new().with("email", account.email.clone())),
        at,
    };
    tx.audit().append(actor, &entry).await?;
    let event = Event {
        exchange: Exchange::Audit,
        event_type: "user.email_verified",
        aggregate: Aggregate::User(account.user_id),
        organization_id: account.organization_id,
        at,
        payload: Fields::new()
            .with("user_id", account.user_id)
            .with("organization_id", account.organization_id),
    };
    tx.outbox().append(actor, &event).await?;
    Ok(())
}

fn anonymous(origin: &Origin) -> Actor {
    Actor {
        who: Who::Anonymous,
        origin: origin.clone(),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
