use std::sync::Arc;
use std::time::Duration;

use auth_domain::actor::Actor;
use auth_domain::audit::AuditEntry;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, Event, Exchange};
use auth_domain::fields::Fields;
use auth_domain::identity::{
    AccessClaims, AccessToken, Account, Admission, PasswordHasher, Principal, RefreshToken,
    RefreshTokens, RevokeReason, SessionCache, TokenIssuer, admit,
};
use auth_domain::ids::{RoleId, SessionId};
use auth_domain::rbac::PolicyEngine;
use auth_domain::security::LoginNameHasher;
use auth_domain::store::Store;

use super::{AuthError, NewPasswords};
use crate::security::{Limits, Turns};
use crate::{Tx, transact};

/// How long sessions and tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// An access token.
    pub access: Duration,
    /// The access token, and with it the session, of a legacy login, which
    /// cannot be refreshed.
    pub legacy_access: Duration,
    /// A session from its last refresh on.
    pub refresh: Duration,
    /// A session from its beginning on, however often it is refreshed.
    pub absolute: Duration,
}

/// What the service works with.
#[derive(Clone)]
pub struct AuthPorts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Compares and upgrades passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Signs and verifies access tokens.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Makes refresh tokens.
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    /// Knows roles and permissions.
    pub policies: Arc<dyn PolicyEngine>,
    /// Hashes passwords that shall be set.
    pub new_passwords: NewPasswords,
    /// Slows attackers down.
    pub limits: Limits,
    /// Stands for names that nobody has.
    pub names: Arc<dyn LoginNameHasher>,
    /// Spares the gate's read for a moment; `None`: every request reads.
    pub session_cache: Option<CachedSessions>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A cache of sessions, and for how long it may be wrong.
#[derive(Clone)]
pub struct CachedSessions {
    /// The cache.
    pub cache: Arc<dyn SessionCache>,
    /// How long an entry is believed.
    pub life: Duration,
}

/// Signs people in and out, and tells who a token belongs to.
pub struct AuthService {
    pub(super) ports: AuthPorts,
    pub(super) lifetimes: SessionLifetimes,
    /// Attempts of one account from one address.
    pub(super) attempts: Turns,
}

/// The tokens of a session.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// For requests.
    pub access_token: AccessToken,
    /// For the next pair.
    pub refresh_token: RefreshToken,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// When the session ends unless it is refreshed.
    pub refresh_expires_at: Timestamp,
    /// The session.
    pub session_id: SessionId,
}

/// The token of a legacy login.
#[derive(Debug, Clone)]
pub struct LegacyToken {
    /// For requests.
    pub access_token: AccessToken,
    /// How long it lives.
    pub expires_in: Duration,
}

/// Who somebody is, with roles and permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The user and the organization.
    pub account: Account,
    /// The roles, the oldest assignment first.
    pub role_ids: Vec<RoleId>,
    /// What the roles allow, sorted.
    pub permissions: Vec<String>,
}

impl Profile {
    /// The primary role: the oldest assignment.
    pub fn role_id(&self) -> Option<RoleId> {
        self.role_ids.first().copied()
    }
}

/// A session with its tokens, and who it belongs to.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The tokens.
    pub tokens: TokenPair,
    /// Who.
    pub profile: Profile,
}

impl AuthService {
    /// A service over its ports.
    pub fn new(ports: AuthPorts, lifetimes: SessionLifetimes) -> Self {
        Self {
            ports,
            lifetimes,
            attempts: Turns::default(),
        }
    }

    /// Who an access token belongs to, if it may act now: the token is
    /// verified, then session, user and organization pass the gate.
    pub async fn authenticate(&self, token: &str) -> Result<Principal, AuthError> {
        let now = self.ports.clock.now();
        let token = self.ports.issuer.verify(token, now)?;
        let admission = self.admission(token.session_id).await?;
        Ok(admit(admission, token.user_id, now)?)
    }

    /// What the gate judges: from the store, or where that is switched on from
    /// a cache that is a moment behind. A cache that does not answer is none.
    async fn admission(&self, session: SessionId) -> Result<Option<Admission>, AuthError> {
        let sessions = self.ports.store.read().sessions();
        let Some(cached) = &self.ports.session_cache else {
            return Ok(sessions.find_admission(session).await?);
        };
        if let Ok(Some(admission)) = cached.cache.get(session).await {
            return Ok(Some(admission));
        }
        let found = sessions.find_admission(session).await?;
        if let Some(admission) = &found
            && let Err(error) = cached.cache.put(admission, cached.life).await
        {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "a session could not be cached");
        }
        Ok(found)
    }

    /// After a commit that ended sessions: this instance knows at once, others
    /// when their entry has run out.
    pub(super) async fn forget(&self, sessions: &[SessionId]) {
        let Some(cached) = &self.ports.session_cache else {
            return;
        };
        if let Err(error) = cached.cache.forget(sessions).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "an ended session stays cached for its short life");
        }
    }

    /// The signed-in user's profile.
    pub async fn me(&self, principal: &Principal) -> Result<Profile, AuthError> {
        self.profile(principal.account.clone()).await
    }

    /// Ends the signed-in user's session. Ending it twice at once is ending it
    /// once: the later one finds it revoked.
    pub async fn logout(&self, actor: &Actor, principal: &Principal) -> Result<(), AuthError> {
        let now = self.ports.clock.now();
        transact(&*self.ports.store, |mut tx| {
            Box::pin(async move {
                let id = principal.session_id;
                let revoked = tx.sessions().revoke(id, RevokeReason::Logout, now);
                if !revoked.await? {
                    return Err(AuthError::SessionRevoked);
                }
                let end = Ended {
                    event: "auth.logout",
                    reason: RevokeReason::Logout,
                    at: now,
                };
                Ok(end
                    .record(&mut tx, actor, &principal.account, &[id])
                    .await?)
            })
        })
        .await?;
        self.forget(&[principal.session_id]).await;
        Ok(())
    }

    /// Reads roles and permissions of an account at the revision that the
    /// account was read at, or later.
    pub(super) async fn profile(&self, account: Account) -> Result<Profile, AuthError> {
        let at_least = Some(account.policy_revision);
        let policies = &self.ports.policies;
        let policy = policies.snapshot(account.organization_id, at_least).await?;
        let permissions = policy.permissions_of(account.user_id);
        Ok(Profile {
            role_ids: policy.roles_of(account.user_id),
            permissions: permissions.into_iter().map(str::to_owned).collect(),
            account,
        })
    }

    /// Signs an access token for a session.
    pub(super) fn sign(
        &self,
        profile: &Profile,
        session_id: SessionId,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<AccessToken, AuthError> {
        let account = &profile.account;
        let claims = AccessClaims {
            user_id: account.user_id,
            session_id,
            organization_id: account.organization_id,
            role_id: profile.role_id(),
            username: account.username.clone(),
            email: account.email.clone(),
            issued_at: now,
            expires_at: now + lifetime,
        };
        Ok(self.ports.issuer.issue(&claims)?)
    }
}

/// The predecessor's payload of session events.
pub(super) fn session_facts(account: &Account, session: SessionId) -> Fields {
    Fields::new()
        .with("user_id", account.user_id)
        .with("organization_id", account.organization_id)
        .with("session_id", session)
}

pub(super) fn security_event(
    event_type: &'static str,
    account: &Account,
    session: SessionId,
    payload: Fields,
    at: Timestamp,
) -> Event {
    Event {
        exchange: Exchange::Security,
        event_type,
        aggregate: Aggregate::Session(session),
        organization_id: account.organization_id,
        at,
        payload,
    }
}

/// Sessions that ended before their time.
pub(super) struct Ended {
    /// What is told of it.
    pub(super) event: &'static str,
    pub(super) reason: RevokeReason,
    pub(super) at: Timestamp,
}

impl Ended {
    /// The audit row and the event of each session.
    pub(super) async fn record(
        &self,
        tx: &mut Tx<'_, '_>,
        actor: &Actor,
        account: &Account,
        sessions: &[SessionId],
    ) -> Result<(), PortError> {
        for &session in sessions {
            let entry = AuditEntry {
                organization_id: account.organization_id,
                action: "session.revoked",
                description: None,
                table: "sessions",
                row_id: session.get(),
                before: None,
                after: Some(
                    Fields::new()
                        .with("user_id", account.user_id)
                        .with("revoke_reason", self.reason),
                ),
                at: self.at,
            };
            tx.audit().append(actor, &entry).await?;
            let ip = actor.origin.ip.map(|ip| ip.to_string());
            let facts = session_facts(account, session).with("ip", ip);
            let event = security_event(self.event, account, session, facts, self.at);
            tx.outbox().append(actor, &event).await?;
        }
        Ok(())
    }
}
