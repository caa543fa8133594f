//! Acme with a post office.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_application::jobs::{
    Handlers, JobContext, JobError, JobHandler as _, JobRunner, RunnerOptions, enqueue,
};
use auth_application::mail::{MailHandler, MailJob, MailLinks, MailPorts, TokenLives};
use auth_application::security::{Limits, Quotas};
use auth_domain::clock::Clock as _;
use auth_domain::identity::{MockOneTimeTokens, OneTimeToken};
use auth_domain::ids::{JobId, UserId};
use auth_domain::mail::{Mail, MailError, MockMailer};
use auth_domain::store::Store as _;
use auth_domain::text::NameKey;
use auth_domain::users::EmailAddress;
use auth_memory::{MemoryOneTimeTokenIndex, MemoryRateLimiter};

use crate::acme::Acme;

pub(crate) const LIVES: TokenLives = TokenLives {
    password_reset: Duration::from_hours(1),
    email_verification: Duration::from_hours(2),
};
pub(crate) const REQUEST: &str = "request of the mail";

/// What the mailer says to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Taken,
    Later,
    Never,
}

/// Acme with the user `ana`, and a post office.
pub(crate) struct Post {
    pub(crate) acme: Acme,
    pub(crate) ana: UserId,
    says: Arc<Mutex<Says>>,
    sent: Arc<Mutex<Vec<Mail>>>,
    pub(crate) ports: MailPorts,
}

impl Post {
    pub(crate) async fn new() -> Self {
        let acme = Acme::new().await;
        let ana = acme.user(acme.id, "ana", &[]).await;
        let says = Arc::new(Mutex::new(Says::Taken));
        let sent = Arc::<Mutex<Vec<Mail>>>::default();
        let quotas = Quotas {
            password_reset: 2,
            ..Quotas::NONE
        };
        let limiter = Arc::new(MemoryRateLimiter::new(acme.clock.clone()));
        let ports = MailPorts {
            store: acme.store.clone(),
            tokens: Arc::new(numbered_tokens()),
            index: Arc::new(MemoryOneTimeTokenIndex::new(acme.clock.clone())),
            mailer: Arc::new(mailer(&says, &sent)),
            limits: Limits::new(limiter, quotas),
            writer: acme.writer(),
            clock: acme.clock.clone(),
        };
        Self {
            acme,
            ana,
            says,
            sent,
            ports,
        }
    }

    pub(crate) fn handler(&self) -> MailHandler {
        MailHandler::new(self.ports.clone(), LIVES, MailLinks::default())
    }

    pub(crate) fn says(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    /// A job that was asked for so long ago.
    pub(crate) async fn runs(&self, job: MailJob, age: Duration) -> Result<(), JobError> {
        let context = JobContext {
            id: JobId::new(1).unwrap(),
            request_id: Some(REQUEST.to_owned()),
            created_at: self.acme.clock.now() - age,
            attempt: 1,
        };
        self.handler().run(job, &context).await
    }

    pub(crate) async fn resets(&self) -> Result<(), JobError> {
        self.runs(reset(), Duration::ZERO).await
    }

    /// The mails that were handed over since the last look.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    pub(crate) async fn tokens(&self) -> Vec<String> {
        let sql = "SELECT purpose, email_key, CAST(user_id AS text), hex(digest), created_at, \
             expires_at FROM one_time_tokens";
        self.acme.look(sql).await
    }

    pub(crate) async fn verifies(&self) {
        let key = key("ana@example.com");
        let mut tx = self.acme.store.begin().await.unwrap();
        let at = self.acme.clock.now();
        tx.users().verify_email(self.ana, &key, at).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn runner(&self) -> JobRunner {
        JobRunner::new(
            self.acme.store.clone(),
            self.acme.clock.clone(),
            Handlers::new().with(self.handler()),
            RunnerOptions::default(),
        )
    }

    pub(crate) async fn asks(&self, job: &MailJob) {
        let mut tx = self.acme.store.begin().await.unwrap();
        let now = self.acme.clock.now();
        let asked = enqueue(tx.jobs(), job, Some(REQUEST), now).await;
        asked.unwrap();
        tx.commit().await.unwrap();
    }

    /// Runs every job that is ready, and answers how many that were.
    pub(crate) async fn works(&self) -> usize {
        let runner = self.runner();
        let claimed = runner.claim(9).await.unwrap();
        let count = claimed.len();
        for job in claimed {
            runner.run(job).await;
        }
        count
    }

    pub(crate) async fn jobs(&self) -> Vec<String> {
        let sql = "SELECT CASE WHEN dead_at IS NULL THEN 'alive' ELSE 'dead' END, \
             CAST(attempts AS text), last_error FROM queued_jobs";
        self.acme.look(sql).await
    }
}

/// Hands out `token 1`, `token 2`, …
fn numbered_tokens() -> MockOneTimeTokens {
    let mut tokens = MockOneTimeTokens::new();
    let mut number = 0;
    tokens.expect_generate().returning(move || {
        number += 1;
        Ok(token(number))
    });
    tokens
}

pub(crate) fn token(number: u32) -> OneTimeToken {
    OneTimeToken::new(format!("token-{number}"))
}

pub(crate) fn hex(number: u32) -> String {
    let digest = token(number).digest();
    let bytes = digest.as_bytes().iter();
    bytes.fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02X}").unwrap();
        text
    })
}

fn mailer(says: &Arc<Mutex<Says>>, sent: &Arc<Mutex<Vec<Mail>>>) -> MockMailer {
    let (says, sent) = (Arc::clone(says), Arc::clone(sent));
    let mut mailer = MockMailer::new();
    mailer.expect_send().returning(move |mail| {
        match *says.lock().unwrap() {
            Says::Taken => {}
            Says::Later => return Err(MailError::Temporary("the server is away".into())),
            Says::Never => return Err(MailError::Permanent("no such mailbox".into())),
        }
        sent.lock().unwrap().push(mail.clone());
        Ok(())
    });
    mailer
}

pub(crate) fn key(address: &str) -> NameKey {
    EmailAddress::parse(address).unwrap().key()
}

pub(crate) fn reset() -> MailJob {
    MailJob::password_reset(&key("Ana@Example.com"))
}

pub(crate) fn verification() -> MailJob {
    MailJob::email_verification(&key("ana@example.com"))
}
