//! The jobs that mail one-time tokens and notices.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::audit::AuditEntry;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::fields::Fields;
use auth_domain::identity::{
    Account, LoginName, OneTimeToken, OneTimeTokenIndex, OneTimeTokens, StoredToken, TokenPurpose,
};
use auth_domain::jobs::{Job, JobKind};
use auth_domain::mail::{Mail, MailError, Mailer};
use auth_domain::security::{LimitRule, Subject};
use auth_domain::store::Store;
use auth_domain::text::NameKey;
use auth_domain::users::EmailAddress;

use super::MailLinks;
use super::templates::{address_changed, with_token};
use crate::error::Infrastructure;
use crate::security::Limits;
use crate::transact;

/// How long a claimed job is nobody else's.
const LEASE: Duration = Duration::from_mins(1);
/// The wait after a first failure; it doubles with each, up to the bound.
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LAST_RETRY: Duration = Duration::from_mins(5);

/// What the jobs work with.
#[derive(Clone)]
pub struct MailPorts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Makes tokens.
    pub tokens: Arc<dyn OneTimeTokens>,
    /// Spares guesses the store.
    pub index: Arc<dyn OneTimeTokenIndex>,
    /// Hands mail over.
    pub mailer: Arc<dyn Mailer>,
    /// Bounds the mails to one account.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How long one-time tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLives {
    /// A token that resets a password.
    pub password_reset: Duration,
    /// A token that verifies an address.
    pub email_verification: Duration,
}

/// Mints and mails one-time tokens, and tells old addresses that they are not
/// an account's any more. A process that dies in between leaves its
/// job to the next claim, which mints a new token in the place of the old one.
pub struct MailJobs {
    ports: MailPorts,
    lives: TokenLives,
    links: MailLinks,
}

impl MailJobs {
    /// Jobs over their ports.
    pub fn new(ports: MailPorts, lives: TokenLives, links: MailLinks) -> Self {
        Self {
            ports,
            lives,
            links,
        }
    }

    /// Does the job that is ready the longest; answers whether there was one.
    pub async fn run_next(&self) -> Result<bool, Infrastructure> {
        let now = self.ports.clock.now();
        let claimed = transact::<_, Infrastructure, _>(&*self.ports.store, |mut tx| {
            Box::pin(async move { Ok(tx.jobs().claim(now, LEASE).await?) })
        })
        .await?;
        let Some(job) = claimed else {
            return Ok(false);
        };
        match self.work(&job).await {
            Ok(()) => self.finish(&job).await?,
            Err(failure) => self.put_off(&job, &failure).await?,
        }
        Ok(true)
    }

    async fn work(&self, job: &Job) -> Result<(), JobFailure> {
        let mail = match job.job.kind {
            JobKind::PasswordReset => self.token_mail(job, TokenPurpose::PasswordReset).await?,
            JobKind::EmailVerification => {
                self.token_mail(job, TokenPurpose::EmailVerification)
                    .await?
            }
            JobKind::EmailChanged => {
                let old = EmailAddress::from_stored(job.job.subject.clone());
                Some(address_changed(old))
            }
        };
        let Some(mail) = mail else { return Ok(()) };
        match self.ports.mailer.send(&mail).await {
            Err(MailError::Permanent(error)) => {
                let error = &*error as &dyn std::error::Error;
                tracing::error!(error, job_id = %job.id, "a mail was refused for good");
                Ok(())
            }
            sent => Ok(sent?),
        }
    }

    /// A mail with a fresh token; `None`: nobody gets one.
    async fn token_mail(
        &self,
        job: &Job,
        purpose: TokenPurpose,
    ) -> Result<Option<Mail>, Infrastructure> {
        let life = self.life(purpose);
        let now = self.ports.clock.now();
        if job.job.created_at + life <= now {
            return Ok(None);
        }
        let Some(account) = self.recipient(job, purpose).await? else {
            return Ok(None);
        };
        if !self.may_mail(purpose, &account).await? {
            return Ok(None);
        }
        let token = self.mint(job, purpose, &account, now, life).await?;
        Ok(Some(with_token(
            purpose,
            account.email.clone(),
            &account.first_name,
            &token,
            life,
            &self.links,
        )))
    }

    /// The active account that has the address; nobody gets no mail.
    async fn recipient(
        &self,
        job: &Job,
        purpose: TokenPurpose,
    ) -> Result<Option<Account>, Infrastructure> {
        let key = NameKey::from_stored(job.job.subject.clone());
        let users = self.ports.store.read().users();
        let found = users.find_credentials(&LoginName::of_email(&key)).await?;
        let account = found.map(|found| found.account);
        Ok(account.filter(|account| {
            let proved = account.email_verified_at.is_some();
            let needless = purpose == TokenPurpose::EmailVerification && proved;
            account.check_active().is_ok() && !needless
        }))
    }

    async fn may_mail(
        &self,
        purpose: TokenPurpose,
        account: &Account,
    ) -> Result<bool, Infrastructure> {
        let rule = match purpose {
            TokenPurpose::PasswordReset => LimitRule::PasswordReset,
            TokenPurpose::EmailVerification => LimitRule::VerificationMail,
        };
        let user = Subject::user(account.user_id);
        match self.ports.limits.take([(rule, user)]).await {
            Ok(taken) => {
                taken.keep();
                Ok(true)
            }
            Err(Infrastructure::Limited(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn mint(
        &self,
        job: &Job,
        purpose: TokenPurpose,
        account: &Account,
        now: Timestamp,
        life: Duration,
    ) -> Result<OneTimeToken, Infrastructure> {
        let token = self.ports.tokens.generate()?;
        let stored = &StoredToken {
            organization_id: account.organization_id,
            user_id: account.user_id,
            purpose,
            digest: token.digest(),
            email_key: account.email.key(),
            created_at: now,
            expires_at: now + life,
        };
        let actor = &actor(job);
        let entry = &minted(stored);
        transact::<_, Infrastructure, _>(&*self.ports.store, |mut tx| {
            Box::pin(async move {
                tx.one_time_tokens().replace(stored).await?;
                Ok(tx.audit().append(actor, entry).await?)
            })
        })
        .await?;
        let remembered = self.ports.index.remember(purpose, &stored.digest, life);
        if let Err(error) = remembered.await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "a token is in the store only");
        }
        Ok(token)
    }

    async fn finish(&self, job: &Job) -> Result<(), Infrastructure> {
        transact(&*self.ports.store, |mut tx| {
            Box::pin(async move { Ok(tx.jobs().finish(job).await?) })
        })
        .await
    }

    async fn put_off(&self, job: &Job, failure: &JobFailure) -> Result<(), Infrastructure> {
        {
            let error = failure as &dyn std::error::Error;
            tracing::warn!(error, job_id = %job.id, attempts = job.attempts, "a mail is put off");
        }
        let doubled = FIRST_RETRY.saturating_mul(1 << job.attempts.saturating_sub(1).min(16));
        let at = self.ports.clock.now() + doubled.min(LAST_RETRY);
        transact(&*self.ports.store, |mut tx| {
            Box::pin(async move { Ok(tx.jobs().retry(job, at).await?) })
        })
        .await
    }

    fn life(&self, purpose: TokenPurpose) -> Duration {
        match purpose {
            TokenPurpose::PasswordReset => self.lives.password_reset,
            TokenPurpose::EmailVerification => self.lives.email_verification,
        }
    }
}

/// Why a job has to be done again.
#[derive(Debug, thiserror::Error)]
enum JobFailure {
    #[error(transparent)]
    Infrastructure(#[from] Infrastructure),
    #[error(transparent)]
    Mail(#[from] MailError),
}

fn actor(job: &Job) -> Actor {
    Actor {
        who: Who::System("mail"),
        origin: Origin {
            request_id: job.job.request_id.clone(),
            ..Origin::default()
        },
    }
}

fn minted(token: &StoredToken) -> AuditEntry {
    AuditEntry {
        organization_id: token.organization_id,
        action: "one_time_token.issued",
        description: None,
        table: "one_time_tokens",
        row_id: token.user_id.get(),
        before: None,
        after: Some(Fields::new().with("purpose", token.purpose)),
        at: token.created_at,
    }
}

impl From<PortError> for JobFailure {
    fn from(error: PortError) -> Self {
        Self::Infrastructure(error.into())
    }
}

impl fmt::Debug for MailJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailJobs")
            .field("lives", &self.lives)
            .field("links", &self.links)
            .finish_non_exhaustive()
    }
}
