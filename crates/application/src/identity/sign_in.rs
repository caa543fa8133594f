//! Signing in by password, and setting a new one with the old one.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::caller::{Actor, Origin};
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::events::AuthLogin;
use auth_domain::identity::{
    Account, Credentials, HashError, LoginName, NewSession, Password, PasswordHash, PasswordHasher,
    RefreshTokens, TokenDigest,
};
use auth_domain::ids::SessionId;
use auth_domain::security::{LoginRecord, LoginSubject};

use super::pairs::LiveSession;
use super::password_check::{PasswordCheck, Purpose, record};
use super::{AuthError, LegacyToken, NewPasswords, Pairs, SignedIn};
use crate::error::UseCaseError;
use crate::{Tx, Writer};

/// What signing in works with.
#[derive(Clone)]
pub struct SignInPorts {
    /// Compares passwords.
    pub check: Arc<PasswordCheck>,
    /// Upgrades hashes.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Hashes passwords that shall be set.
    pub new_passwords: NewPasswords,
    /// Makes refresh tokens.
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    /// Makes profiles and access tokens.
    pub pairs: Pairs,
    /// Writes.
    pub writer: Writer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Signs users in.
pub struct SignIn {
    pub(super) ports: SignInPorts,
}

/// A session about to begin.
struct Opening<'a> {
    proven: Credentials,
    upgraded: Option<PasswordHash>,
    refresh_digest: Option<TokenDigest>,
    lifetime: Duration,
    absolute: Duration,
    origin: &'a Origin,
    per_user: u32,
    at: Timestamp,
}

impl SignIn {
    /// A service over its ports.
    pub fn new(ports: SignInPorts) -> Self {
        Self { ports }
    }

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
        let pairs = &self.ports.pairs;
        let profile = pairs.profile(proven.account.clone()).await?;
        let refresh_token = self.ports.refresh_tokens.generate()?;
        let opening = Opening {
            proven,
            upgraded,
            refresh_digest: Some(refresh_token.digest()),
            lifetime: pairs.rules.refresh,
            absolute: pairs.rules.absolute,
            origin,
            per_user: pairs.rules.per_user,
            at: self.ports.clock.now(),
        };
        let session = LiveSession {
            id: self.open(&opening).await?,
            refresh_token,
            expires_at: opening.expires_at(),
            now: opening.at,
        };
        pairs.pair(profile, session)
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
        let pairs = &self.ports.pairs;
        let profile = pairs.profile(proven.account.clone()).await?;
        let lifetime = pairs.rules.legacy_access;
        let opening = Opening {
            proven,
            upgraded,
            refresh_digest: None,
            lifetime,
            absolute: lifetime,
            origin,
            per_user: pairs.rules.per_user,
            at: self.ports.clock.now(),
        };
        let session_id = self.open(&opening).await?;
        Ok(LegacyToken {
            access_token: pairs.sign(&profile, session_id, opening.at, lifetime)?,
            expires_in: lifetime,
        })
    }

    /// Compares the password, within the limits. Answers a new hash where the
    /// stored one is outdated.
    async fn prove(
        &self,
        origin: &Origin,
        login: &LoginName,
        password: &Password,
    ) -> Result<(Credentials, Option<PasswordHash>), AuthError> {
        let check = &self.ports.check;
        let judged = check
            .compare(origin, login, password, Purpose::SignIn)
            .await;
        count(judged.as_ref().err());
        let (proven, outdated) = judged?;
        let upgraded = if outdated {
            self.rehash(password).await?
        } else {
            None
        };
        Ok((proven, upgraded))
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
        let actor = Actor::anonymous(opening.origin);
        self.ports
            .writer
            .run(&actor, |mut tx| {
                Box::pin(async move { opening.write(&mut tx).await })
            })
            .await
    }
}

impl Opening<'_> {
    fn expires_at(&self) -> Timestamp {
        self.at + self.lifetime.min(self.absolute)
    }

    fn account(&self) -> &Account {
        &self.proven.account
    }

    async fn write(&self, tx: &mut Tx<'_, '_>) -> Result<SessionId, AuthError> {
        self.confirm(tx).await?;
        let account = self.account();
        let (organization, user) = (account.organization_id, account.user_id);
        let id = tx.sessions().insert(&self.session()).await?;
        if self.per_user > 0 {
            tx.end_sessions_beyond(organization, user, self.per_user)
                .await?;
        }
        tx.logins().append(&self.activity()).await?;
        let event = AuthLogin {
            user_id: user,
            organization_id: organization,
            session_id: id,
            ip: self.origin.ip,
        };
        tx.tell(organization, &event).await?;
        Ok(id)
    }

    /// Locks the user by writing the sign-in, then makes sure that what the
    /// password was compared with still stands: a reset that came in between
    /// revoked every session, and this one must not come after it.
    async fn confirm(&self, tx: &mut Tx<'_, '_>) -> Result<(), AuthError> {
        let user = self.account().user_id;
        let current = tx.users().record_login(user, self.at).await?;
        let current = current.ok_or(AuthError::InvalidCredentials)?;
        if current.password_hash != self.proven.password_hash {
            return Err(AuthError::InvalidCredentials);
        }
        current.account.check_active()?;
        if current.must_verify {
            return Err(AuthError::EmailNotVerified);
        }
        if let (Some(new), Some(old)) = (&self.upgraded, &self.proven.password_hash) {
            tx.users().upgrade_password_hash(user, old, new).await?;
        }
        Ok(())
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

    fn activity(&self) -> LoginRecord {
        let account = self.account();
        let subject = LoginSubject::User(account.organization_id, account.user_id);
        record(subject, self.origin, self.at, true)
    }
}

/// Counts a sign-in by what it came to: the codes are a closed set.
fn count(refusal: Option<&AuthError>) {
    let result = refusal.map_or("success", UseCaseError::code);
    metrics::counter!("auth_logins_total", "result" => result).increment(1);
}
