//! Signing in by password.

use std::time::Duration;

use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::clock::Timestamp;
use auth_domain::fields::Fields;
use auth_domain::identity::{
    Account, Credentials, HashError, LoginName, NewSession, Password, PasswordHash, TokenDigest,
};
use auth_domain::ids::{SessionId, UserId};
use auth_domain::security::{LimitRule, LoginMethod, LoginRecord, LoginSubject, Subject, folded};

use super::service::{security_event, session_facts};
use super::{AuthError, AuthService, LegacyToken, SignedIn, TokenPair};
use crate::error::UseCaseError;
use crate::{Tx, transact};

/// How long a refusal takes at least, beside the hash and the wait for it: more
/// than its reads and its row do on a database that is not overloaded.
const REFUSAL_TAKES: Duration = Duration::from_millis(10);

/// A session about to begin.
struct Opening<'a> {
    login: &'a LoginName,
    proven: Credentials,
    upgraded: Option<PasswordHash>,
    refresh_digest: Option<TokenDigest>,
    lifetime: Duration,
    absolute: Duration,
    origin: &'a Origin,
    at: Timestamp,
}

impl AuthService {
    /// Signs in by name and password, and begins a session that can be
    /// refreshed.
    ///
    /// An unknown name costs what a wrong password costs, and answers the
    /// same.
    pub async fn login(
        &self,
        origin: &Origin,
        login: &LoginName,
        password: &Password,
    ) -> Result<SignedIn, AuthError> {
        let (proven, upgraded) = self.prove(origin, login, password).await?;
        let profile = self.profile(proven.account.clone()).await?;
        let refresh_token = self.ports.refresh_tokens.generate()?;
        let now = self.ports.clock.now();
        let opening = Opening {
            login,
            proven,
            upgraded,
            refresh_digest: Some(refresh_token.digest()),
            lifetime: self.lifetimes.refresh,
            absolute: self.lifetimes.absolute,
            origin,
            at: now,
        };
        let session_id = self.open(&opening).await?;
        Ok(SignedIn {
            tokens: TokenPair {
                access_token: self.sign(&profile, session_id, now, self.lifetimes.access)?,
                refresh_token,
                expires_in: self.lifetimes.access,
                refresh_expires_at: opening.expires_at(),
                session_id,
            },
            profile,
        })
    }

    /// Signs in for a client that knows no refresh: the session lives exactly
    /// as long as its one access token.
    pub async fn login_legacy(
        &self,
        origin: &Origin,
        login: &LoginName,
        password: &Password,
    ) -> Result<LegacyToken, AuthError> {
        let (proven, upgraded) = self.prove(origin, login, password).await?;
        let profile = self.profile(proven.account.clone()).await?;
        let lifetime = self.lifetimes.legacy_access;
        let now = self.ports.clock.now();
        let opening = Opening {
            login,
            proven,
            upgraded,
            refresh_digest: None,
            lifetime,
            absolute: lifetime,
            origin,
            at: now,
        };
        let session_id = self.open(&opening).await?;
        Ok(LegacyToken {
            access_token: self.sign(&profile, session_id, now, lifetime)?,
            expires_in: lifetime,
        })
    }

    /// Compares the password, within the limits, and only then looks at the
    /// account's state. Answers a new hash where the stored one is outdated.
    async fn prove(
        &self,
        origin: &Origin,
        login: &LoginName,
        password: &Password,
    ) -> Result<(Credentials, Option<PasswordHash>), AuthError> {
        let compared = self.compare(origin, login, password).await;
        let judged = compared.and_then(|(proven, outdated)| {
            proven.account.check_active()?;
            Ok((proven, outdated))
        });
        count(judged.as_ref().err());
        let (proven, outdated) = judged?;
        let upgraded = if outdated {
            self.rehash(password).await?
        } else {
            None
        };
        Ok((proven, upgraded))
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
        let _turn = self.attempts.take(&pair).await;
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

    /// One row, the same for a name that nobody has.
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
        transact(&*self.ports.store, |mut tx| {
            Box::pin(async move { Ok(tx.logins().append(record).await?) })
        })
        .await
    }

    /// A busy hasher puts the upgrade off to the next sign-in.
    async fn rehash(&self, password: &Password) -> Result<Option<PasswordHash>, AuthError> {
        match self.ports.hasher.hash(password).await {
            Ok(hash) => Ok(Some(hash)),
            Err(HashError::Busy) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<SessionId, AuthError> {
        transact(&*self.ports.store, |mut tx| {
            Box::pin(async move {
                opening.confirm(&mut tx).await?;
                let id = tx.sessions().insert(&opening.session()).await?;
                tx.logins().append(&opening.record()).await?;
                let account = &opening.proven.account;
                let ip = opening.origin.ip.map(|ip| ip.to_string());
                let facts: Fields = session_facts(account, id).with("ip", ip);
                let event = security_event("auth.login", account, id, facts, opening.at);
                tx.outbox().append(&opening.actor(), &event).await?;
                Ok(id)
            })
        })
        .await
    }
}

impl Opening<'_> {
    fn expires_at(&self) -> Timestamp {
        self.at + self.lifetime.min(self.absolute)
    }

    /// Locks the user by writing the sign-in, then makes sure that what the
    /// password was compared with still stands: a reset that came in between
    /// revoked every session, and this one must not come after it.
    async fn confirm(&self, tx: &mut Tx<'_, '_>) -> Result<(), AuthError> {
        let user = self.proven.account.user_id;
        tx.users().record_login(user, self.at).await?;
        let current = tx.users().find_credentials(self.login).await?;
        let current = current.ok_or(AuthError::InvalidCredentials)?;
        if current.account.user_id != user || current.password_hash != self.proven.password_hash {
            return Err(AuthError::InvalidCredentials);
        }
        current.account.check_active()?;
        if let (Some(new), Some(old)) = (&self.upgraded, &self.proven.password_hash) {
            tx.users().upgrade_password_hash(user, old, new).await?;
        }
        Ok(())
    }

    fn account(&self) -> &Account {
        &self.proven.account
    }

    fn session(&self) -> NewSession {
        NewSession {
            user_id: self.account().user_id,
            organization_id: self.account().organization_id,
            issued_at: self.at,
            refresh_digest: self.refresh_digest,
            expires_at: self.expires_at(),
            absolute_expires_at: self.at + self.absolute,
            origin: self.origin.clone(),
        }
    }

    fn record(&self) -> LoginRecord {
        let account = self.account();
        let subject = LoginSubject::User(account.organization_id, account.user_id);
        record(subject, self.origin, self.at, true)
    }

    fn actor(&self) -> Actor {
        Actor {
            who: Who::Anonymous,
            origin: self.origin.clone(),
        }
    }
}

fn record(subject: LoginSubject, origin: &Origin, at: Timestamp, success: bool) -> LoginRecord {
    LoginRecord {
        subject,
        at,
        ip: origin.ip,
        device: origin.user_agent.clone(),
        success,
        method: LoginMethod::Standard,
    }
}

/// Counts a sign-in by what it came to: the codes are a closed set.
fn count(refusal: Option<&AuthError>) {
    let result = refusal.map_or("success", UseCaseError::code);
    metrics::counter!("auth_logins_total", "result" => result).increment(1);
}
