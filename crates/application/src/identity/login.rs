//! Signing in by password.

use std::time::Duration;

use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::clock::Timestamp;
use auth_domain::fields::Fields;
use auth_domain::identity::{
    Account, Credentials, HashError, LoginName, NewSession, Password, PasswordHash, TokenDigest,
};
use auth_domain::ids::SessionId;
use auth_domain::security::{LoginMethod, LoginRecord, LoginSubject};

use super::service::{security_event, session_facts};
use super::{AuthError, AuthService, LegacyToken, SignedIn, TokenPair};
use crate::{Tx, transact};

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
        let (proven, upgraded) = self.prove(login, password).await?;
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
        let (proven, upgraded) = self.prove(login, password).await?;
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

    /// Compares the password, and only then looks at the account's state.
    /// Answers a new hash where the stored one is outdated.
    async fn prove(
        &self,
        login: &LoginName,
        password: &Password,
    ) -> Result<(Credentials, Option<PasswordHash>), AuthError> {
        let found = self
            .ports
            .store
            .read()
            .users()
            .find_credentials(login)
            .await?;
        let hash = found.as_ref().and_then(|c| c.password_hash.clone());
        let verification = self.ports.hasher.verify(password, hash).await?;
        let proven = found
            .filter(|_| verification.matches)
            .ok_or(AuthError::InvalidCredentials)?;
        proven.account.check_active()?;
        let upgraded = if verification.outdated {
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
        LoginRecord {
            subject: LoginSubject::User(self.account().organization_id, self.account().user_id),
            at: self.at,
            ip: self.origin.ip,
            device: self.origin.user_agent.clone(),
            success: true,
            method: LoginMethod::Standard,
        }
    }

    fn actor(&self) -> Actor {
        Actor {
            who: Who::Anonymous,
            origin: self.origin.clone(),
        }
    }
}
