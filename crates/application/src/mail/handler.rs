//! Writes mails and hands them over.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::caller::Actor;
use auth_domain::clock::Clock;
use auth_domain::facts::Facts;
use auth_domain::identity::{
    Account, LoginName, OneTimeToken, OneTimeTokenIndex, OneTimeTokens, StoredToken, TokenPurpose,
};
use auth_domain::mail::{Mail, MailError, Mailer};
use auth_domain::security::{LimitRule, Subject};
use auth_domain::store::Store;
use auth_domain::text::NameKey;
use auth_domain::users::EmailAddress;

use super::templates::{address_changed, password_changed, with_token};
use super::{MailJob, MailLinks};
use crate::error::Infrastructure;
use crate::jobs::{JobContext, JobError, JobHandler};
use crate::security::{Limits, Taken};
use crate::{Change, Writer};

/// What the handler works with.
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
    /// Writes.
    pub writer: Writer,
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
/// an account's any more. A job that is run again mints a new token in the
/// place of the old one.
pub struct MailHandler {
    ports: MailPorts,
    lives: TokenLives,
    links: MailLinks,
}

/// A token to be mailed.
struct TokenMail<'a> {
    purpose: TokenPurpose,
    account: &'a Account,
    life: Duration,
}

impl MailHandler {
    /// A handler over its ports.
    pub fn new(ports: MailPorts, lives: TokenLives, links: MailLinks) -> Self {
        Self {
            ports,
            lives,
            links,
        }
    }

    /// Mails a token to the account that has the address, if there is one that
    /// may get it. A mail counts against the account's limit once it was
    /// handed over; over the limit no token is minted.
    async fn mail_token(
        &self,
        purpose: TokenPurpose,
        address: String,
        context: &JobContext,
    ) -> Result<(), JobError> {
        let life = self.life(purpose);
        if context.created_at + life <= self.ports.clock.now() {
            return Ok(());
        }
        let key = NameKey::from_stored(address);
        let Some(account) = self.recipient(&key, purpose).await? else {
            return Ok(());
        };
        let taken = match self.take(purpose, &account).await {
            Err(Infrastructure::Limited(_)) => return Ok(()),
            taken => taken?,
        };
        let mail = TokenMail {
            purpose,
            account: &account,
            life,
        };
        let handed_over = self.mint_and_send(&mail, context).await;
        match handed_over {
            Ok(()) => taken.keep(),
            Err(_) => self.ports.limits.give_back(taken).await,
        }
        handed_over
    }

    /// The active account that has the address. One that has verified it needs
    /// no mail for that.
    async fn recipient(
        &self,
        key: &NameKey,
        purpose: TokenPurpose,
    ) -> Result<Option<Account>, Infrastructure> {
        let users = self.ports.store.read().users();
        let account = users.find_account(&LoginName::of_email(key)).await?;
        Ok(account.filter(|account| {
            let proved = account.email_verified_at.is_some();
            let needless = purpose == TokenPurpose::EmailVerification && proved;
            account.check_active().is_ok() && !needless
        }))
    }

    async fn take(
        &self,
        purpose: TokenPurpose,
        account: &Account,
    ) -> Result<Taken, Infrastructure> {
        let rule = match purpose {
            TokenPurpose::PasswordReset => LimitRule::PasswordReset,
            TokenPurpose::EmailVerification => LimitRule::VerificationMail,
        };
        let user = Subject::user(account.user_id);
        self.ports.limits.take([(rule, user)]).await
    }

    async fn mint_and_send(
        &self,
        mail: &TokenMail<'_>,
        context: &JobContext,
    ) -> Result<(), JobError> {
        let token = self.mint(mail, context).await?;
        let account = mail.account;
        // A name can be the choice of a stranger who signed up with another
        // person's address.
        let proved = account.email_verified_at.is_some();
        let name = proved.then_some(&account.first_name);
        let to = account.email.clone();
        let mail = with_token(mail.purpose, to, name, &token, mail.life, &self.links);
        self.send(&mail).await
    }

    async fn mint(
        &self,
        mail: &TokenMail<'_>,
        context: &JobContext,
    ) -> Result<OneTimeToken, Infrastructure> {
        let token = self.ports.tokens.generate()?;
        let now = self.ports.clock.now();
        let stored = &StoredToken {
            organization_id: mail.account.organization_id,
            user_id: mail.account.user_id,
            purpose: mail.purpose,
            digest: token.digest(),
            email_key: mail.account.email.key(),
            created_at: now,
            expires_at: now + mail.life,
        };
        let actor = Actor::system("mail").for_request(context.request_id.clone());
        let minted = self
            .ports
            .writer
            .run::<_, Infrastructure, _>(&actor, |mut tx| {
                Box::pin(async move {
                    tx.one_time_tokens().replace(stored).await?;
                    Ok(tx.record(minted(stored)).await?)
                })
            });
        minted.await?;
        let index = &self.ports.index;
        let remembered = index.remember(stored.purpose, &stored.digest, mail.life);
        if let Err(error) = remembered.await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "a token is in the store only");
        }
        Ok(token)
    }

    async fn send(&self, mail: &Mail) -> Result<(), JobError> {
        let sent = self.ports.mailer.send(mail).await;
        sent.map_err(|error| match error {
            MailError::Permanent(_) => JobError::fail(error),
            MailError::Temporary(_) => JobError::retry(error),
        })
    }

    fn life(&self, purpose: TokenPurpose) -> Duration {
        match purpose {
            TokenPurpose::PasswordReset => self.lives.password_reset,
            TokenPurpose::EmailVerification => self.lives.email_verification,
        }
    }
}

#[async_trait]
impl JobHandler for MailHandler {
    type Data = MailJob;

    async fn run(&self, job: MailJob, context: &JobContext) -> Result<(), JobError> {
        match job {
            MailJob::PasswordReset { address } => {
                self.mail_token(TokenPurpose::PasswordReset, address, context)
                    .await
            }
            MailJob::EmailVerification { address } => {
                self.mail_token(TokenPurpose::EmailVerification, address, context)
                    .await
            }
            MailJob::EmailChanged { address } => {
                let old = EmailAddress::from_stored(address);
                self.send(&address_changed(old)).await
            }
            MailJob::PasswordChanged { address } => {
                let to = EmailAddress::from_stored(address);
                self.send(&password_changed(to)).await
            }
        }
    }
}

fn minted(token: &StoredToken) -> Change {
    let after = Facts::new().with("purpose", token.purpose);
    let (organization, user) = (token.organization_id, token.user_id);
    Change::without_event(
        organization,
        "one_time_token.issued",
        "one_time_tokens",
        &user,
    )
    .after(after)
}

impl fmt::Debug for MailHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailHandler")
            .field("lives", &self.lives)
            .field("links", &self.links)
            .finish_non_exhaustive()
    }
}
