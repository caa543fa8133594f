//! Comparing a password, within the limits.

use std::sync::Arc;

use auth_domain::caller::{Actor, Origin};
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::identity::{Credentials, LoginName, Password, PasswordHasher};
use auth_domain::security::{
    LimitRule, LoginMethod, LoginNameHasher, LoginRecord, LoginSubject, RateLimited, Subject,
};
use auth_domain::store::Store;

use super::AuthError;
use super::pace::{Pace, Timing};
use crate::Writer;
use crate::error::{Infrastructure, UseCaseError as _};
use crate::security::{AttemptQueue, Limits, Taken};

/// What comparing passwords works with.
#[derive(Clone)]
pub struct PasswordCheckPorts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Compares passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Slows attackers down.
    pub limits: Limits,
    /// Stands for names that no account has.
    pub names: Arc<dyn LoginNameHasher>,
    /// Writes failed attempts down.
    pub writer: Writer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What a proven password is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A new session, of which a user may begin so many.
    SignIn,
    /// Something that a signed-in user does.
    Confirm,
}

/// Compares the passwords of sign-ins and of password changes.
pub struct PasswordCheck {
    ports: PasswordCheckPorts,
    /// Attempts at one name from one address.
    attempts: AttemptQueue,
    pace: Pace,
}

/// One attempt at a password.
struct Attempt<'a> {
    origin: &'a Origin,
    login: &'a LoginName,
    password: &'a Password,
    purpose: Purpose,
}

/// What an attempt was counted against.
struct Counted {
    /// The name at this address.
    pair: Taken,
    /// The name, and the address; or which of them is full.
    shared: Result<Taken, RateLimited>,
}

impl PasswordCheck {
    /// A check over its ports.
    pub fn new(ports: PasswordCheckPorts) -> Self {
        let pace = Pace::new(
            Arc::clone(&ports.store),
            Arc::clone(&ports.hasher),
            Arc::clone(&ports.clock),
        );
        Self {
            ports,
            attempts: AttemptQueue::default(),
            pace,
        }
    }

    /// Whose name and password these are, and whether the stored hash is
    /// outdated.
    ///
    /// A wrong password counts against the name and the address and is written
    /// down; everything else is taken back. An attempt over a limit costs no
    /// hash and writes nothing. Every refusal takes the same time.
    pub(super) async fn compare(
        &self,
        origin: &Origin,
        login: &LoginName,
        password: &Password,
        purpose: Purpose,
    ) -> Result<(Credentials, bool), AuthError> {
        let attempt = Attempt {
            origin,
            login,
            password,
            purpose,
        };
        let pair = Subject::pair(login, origin.ip);
        let place = self.attempts.join(&pair).await?;
        let mut timing = self.pace.begin();
        let judged = self.judge(&attempt, &mut timing).await;
        match &judged {
            // It never held a place in a limit, so it holds nobody else up.
            Err(error) if is_limited(error) => {
                drop(place);
                self.pace.even_out(&timing).await;
            }
            Err(
                AuthError::InvalidCredentials | AuthError::Gate(_) | AuthError::EmailNotVerified,
            ) => {
                self.pace.even_out(&timing).await;
            }
            _ => {}
        }
        judged
    }

    async fn judge(
        &self,
        attempt: &Attempt<'_>,
        timing: &mut Timing,
    ) -> Result<(Credentials, bool), AuthError> {
        let counted = self.count(attempt).await?;
        let compared = self.verify(attempt, &counted, timing).await;
        match compared {
            Ok((found, _, true, outdated)) => {
                let proven = found.ok_or(AuthError::InvalidCredentials);
                let judged = proven.and_then(|proven| {
                    proven.account.check_active()?;
                    if attempt.purpose == Purpose::SignIn && proven.must_verify {
                        return Err(AuthError::EmailNotVerified);
                    }
                    Ok((proven, outdated))
                });
                self.forget(counted, judged.is_ok(), attempt).await;
                let (proven, outdated) = judged?;
                self.demand_room(attempt, &proven).await?;
                Ok((proven, outdated))
            }
            Ok((found, is_familiar, false, _)) => {
                counted.pair.keep();
                let refused = match counted.shared {
                    Ok(taken) if is_familiar => {
                        self.ports.limits.give_back(taken).await;
                        AuthError::InvalidCredentials
                    }
                    Ok(taken) => {
                        taken.keep();
                        AuthError::InvalidCredentials
                    }
                    Err(full) => full.into(),
                };
                self.record_failure(attempt.origin, attempt.login, found.as_ref())
                    .await?;
                Err(refused)
            }
            Err(error) => {
                self.forget(counted, false, attempt).await;
                Err(error)
            }
        }
    }

    /// Counts the attempt before anything is read: a full bucket of the name at
    /// this address ends it here.
    async fn count(&self, attempt: &Attempt<'_>) -> Result<Counted, AuthError> {
        let (login, ip) = (attempt.login, attempt.origin.ip);
        let limits = &self.ports.limits;
        let pair = limits
            .take([(LimitRule::LoginPair, Subject::pair(login, ip))])
            .await?;
        let shared = limits.take([
            (LimitRule::LoginAccount, Subject::login(login)),
            (LimitRule::LoginAddress, Subject::address(ip)),
        ]);
        let shared = match shared.await {
            Ok(taken) => Ok(taken),
            Err(Infrastructure::Limited(full)) => Err(full),
            Err(error) => {
                limits.give_back(pair).await;
                return Err(error.into());
            }
        };
        Ok(Counted { pair, shared })
    }

    /// Whose name it is, whether that user signed in from this network before,
    /// whether the password is right, and whether its hash is outdated.
    ///
    /// Where the bucket of the name or of the address is full, only a familiar
    /// user goes on: attackers elsewhere do not lock an owner out.
    async fn verify(
        &self,
        attempt: &Attempt<'_>,
        counted: &Counted,
        timing: &mut Timing,
    ) -> Result<(Option<Credentials>, bool, bool, bool), AuthError> {
        let read = self.ports.store.read();
        let found = read.users().find_credentials(attempt.login).await?;
        let user = found.as_ref().map(|found| found.account.user_id);
        let logins = read.logins();
        let is_familiar = logins.is_familiar(user, attempt.origin.ip).await?;
        if let (Err(full), false) = (&counted.shared, is_familiar) {
            return Err((*full).into());
        }
        let hash = found.as_ref().and_then(|c| c.password_hash.clone());
        let asked = self.ports.clock.monotonic();
        let verified = self.ports.hasher.verify(attempt.password, hash).await?;
        let answered = self.ports.clock.monotonic();
        timing.waited = answered.saturating_sub(asked).saturating_sub(verified.took);
        self.pace.observe(verified.took);
        Ok((found, is_familiar, verified.matches, verified.outdated))
    }

    /// Takes back what was counted; a success clears the bucket of its pair.
    async fn forget(&self, counted: Counted, succeeded: bool, attempt: &Attempt<'_>) {
        let limits = &self.ports.limits;
        if let Ok(taken) = counted.shared {
            limits.give_back(taken).await;
        }
        if succeeded {
            let pair = Subject::pair(attempt.login, attempt.origin.ip);
            counted.pair.keep();
            limits.clear(LimitRule::LoginPair, pair).await;
        } else {
            limits.give_back(counted.pair).await;
        }
    }

    /// Counts a success: an account does not sign in without end either.
    async fn demand_room(
        &self,
        attempt: &Attempt<'_>,
        proven: &Credentials,
    ) -> Result<(), AuthError> {
        if attempt.purpose == Purpose::SignIn {
            let user = Subject::user(proven.account.user_id);
            let taken = self.ports.limits.take([(LimitRule::SignIn, user)]).await?;
            taken.keep();
        }
        Ok(())
    }

    /// One row, the same for a name that no account has.
    async fn record_failure(
        &self,
        origin: &Origin,
        login: &LoginName,
        found: Option<&Credentials>,
    ) -> Result<(), AuthError> {
        let subject = match found {
            Some(c) => LoginSubject::User(c.account.organization_id, c.account.user_id),
            None => LoginSubject::Unknown(self.ports.names.hash(login.key())),
        };
        let record = &record(subject, origin, self.ports.clock.now(), false);
        self.ports
            .writer
            .run(&Actor::anonymous(origin), |mut tx| {
                Box::pin(async move { Ok(tx.logins().append(record).await?) })
            })
            .await
    }
}

fn is_limited(error: &AuthError) -> bool {
    matches!(error.infrastructure(), Some(Infrastructure::Limited(_)))
}

pub(super) fn record(
    subject: LoginSubject,
    origin: &Origin,
    at: Timestamp,
    success: bool,
) -> LoginRecord {
    LoginRecord {
        subject,
        at,
        ip: origin.ip,
        device: origin.user_agent.clone(),
        success,
        method: LoginMethod::Standard,
    }
}
