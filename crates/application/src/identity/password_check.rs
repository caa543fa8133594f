//! Comparing a password, within the limits.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::caller::{Actor, Origin};
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::identity::{Credentials, LoginName, Password, PasswordHasher};
use auth_domain::ids::UserId;
use auth_domain::security::{
    LimitRule, LoginMethod, LoginNameHasher, LoginRecord, LoginSubject, Subject, folded,
};
use auth_domain::store::Store;

use super::AuthError;
use crate::Writer;
use crate::security::{AttemptQueue, Limits};

/// How long a refusal takes at least, beside the hash and the wait for it: more
/// than its reads and its row do on a database that is not overloaded.
const REFUSAL_TAKES: Duration = Duration::from_millis(10);

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

/// Compares the passwords of sign-ins and of password changes.
pub struct PasswordCheck {
    ports: PasswordCheckPorts,
    /// Attempts on one account from one address.
    attempts: AttemptQueue,
}

impl PasswordCheck {
    /// A check over its ports.
    pub fn new(ports: PasswordCheckPorts) -> Self {
        Self {
            ports,
            attempts: AttemptQueue::default(),
        }
    }

    /// Whose name and password these are, and whether the stored hash is
    /// outdated.
    ///
    /// A wrong password counts against the account and the address and is
    /// written down; everything else is taken back. An attempt over a limit
    /// costs no hash and writes nothing.
    pub(super) async fn compare(
        &self,
        origin: &Origin,
        login: &LoginName,
        password: &Password,
    ) -> Result<(Credentials, bool), AuthError> {
        let began = self.ports.clock.monotonic();
        let users = self.ports.store.read().users();
        let found = users.find_credentials(login).await?;
        let user = found.as_ref().map(|c| c.account.user_id);
        let account = Subject::account(user, login);
        let pair = Subject::pair(&account, origin.ip);
        let _place = self.attempts.join(&pair).await;
        let counts = self.counts(origin, user, account, pair).await?;
        let taken = self.ports.limits.take(counts).await?;
        let hash = found.as_ref().and_then(|c| c.password_hash.clone());
        let asked = self.ports.clock.monotonic();
        let verified = self.ports.hasher.verify(password, hash).await;
        let hashing = self.ports.clock.monotonic().saturating_sub(asked);
        let verification = match verified {
            Ok(verification) => verification,
            Err(error) => {
                self.ports.limits.give_back(taken).await;
                return Err(error.into());
            }
        };
        if !verification.matches {
            taken.keep();
            self.record_failure(origin, login, found.as_ref()).await?;
            self.even_out(began + hashing).await;
            return Err(AuthError::InvalidCredentials);
        }
        self.ports.limits.give_back(taken).await;
        let proven = found.ok_or(AuthError::InvalidCredentials)?;
        Ok((proven, verification.outdated))
    }

    /// Lets a failed attempt take as long for a name that exists as for one
    /// that does not: a row that is found and a reference that is checked cost
    /// some tenths of a millisecond in the database.
    async fn even_out(&self, began: Duration) {
        let spent = self.ports.clock.monotonic().saturating_sub(began);
        if let Some(rest) = REFUSAL_TAKES.checked_sub(spent) {
            tokio::time::sleep(rest).await;
        }
    }

    /// What a failed attempt counts against. An account that signed in from
    /// this address before counts in the bucket of the two alone, so that
    /// attackers elsewhere do not lock its owner out.
    async fn counts(
        &self,
        origin: &Origin,
        user: Option<UserId>,
        account: Subject,
        pair: Subject,
    ) -> Result<Vec<(LimitRule, Subject)>, AuthError> {
        let logins = self.ports.store.read().logins();
        let addresses = logins.familiar_addresses(user).await?;
        let here = folded(origin.ip);
        let is_familiar = origin.ip.is_some() && addresses.iter().any(|&a| folded(Some(a)) == here);
        let pair = (LimitRule::LoginPair, pair);
        if is_familiar {
            return Ok(vec![pair]);
        }
        Ok(vec![
            pair,
            (LimitRule::LoginAccount, account),
            (LimitRule::LoginAddress, Subject::address(origin.ip)),
        ])
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
