//! What a sign-in, a refresh and a new password answer with: a profile, and the
//! tokens of a session.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::clock::Timestamp;
use auth_domain::identity::{AccessClaims, AccessToken, Account, RefreshToken, TokenIssuer};
use auth_domain::ids::{RoleId, SessionId};
use auth_domain::rbac::PolicyEngine;

use super::AuthError;

/// How long sessions and tokens live, and how many sessions a user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRules {
    /// An access token.
    pub access: Duration,
    /// The access token, and with it the session, of a legacy login, which
    /// cannot be refreshed.
    pub legacy_access: Duration,
    /// A session from its last refresh on.
    pub refresh: Duration,
    /// A session from its beginning on, however often it is refreshed.
    pub absolute: Duration,
    /// How many live sessions a user may have: the longest unused one ends for
    /// a new one. 0: without limit.
    pub per_user: u32,
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

/// A user, with roles and permissions.
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

/// A session with its tokens, and whose it is.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The tokens.
    pub tokens: TokenPair,
    /// The user.
    pub profile: Profile,
}

/// A session as tokens are made for it.
pub(super) struct LiveSession {
    pub(super) id: SessionId,
    pub(super) refresh_token: RefreshToken,
    pub(super) expires_at: Timestamp,
    pub(super) now: Timestamp,
}

/// Makes profiles and signs access tokens.
#[derive(Clone)]
pub struct Pairs {
    issuer: Arc<dyn TokenIssuer>,
    policies: Arc<dyn PolicyEngine>,
    pub(super) rules: SessionRules,
}

impl Pairs {
    /// Over an issuer, the policy and the lives of tokens.
    pub fn new(
        issuer: Arc<dyn TokenIssuer>,
        policies: Arc<dyn PolicyEngine>,
        rules: SessionRules,
    ) -> Self {
        Self {
            issuer,
            policies,
            rules,
        }
    }

    /// Reads roles and permissions of an account at the revision that the
    /// account was read at, or later.
    pub(super) async fn profile(&self, account: Account) -> Result<Profile, AuthError> {
        let at_least = Some(account.policy_revision);
        let organization = account.organization_id;
        let policy = self.policies.snapshot(organization, at_least).await?;
        let permissions = policy.permissions_of(account.user_id);
        Ok(Profile {
            role_ids: policy.roles_of(account.user_id),
            permissions: permissions.into_iter().map(str::to_owned).collect(),
            account,
        })
    }

    /// The pair of a session.
    pub(super) fn pair(
        &self,
        profile: Profile,
        session: LiveSession,
    ) -> Result<SignedIn, AuthError> {
        // A token does not outlive its session.
        let left = (session.expires_at - session.now).to_std();
        let expires_in = self.rules.access.min(left.unwrap_or_default());
        let access_token = self.sign(&profile, session.id, session.now, expires_in)?;
        Ok(SignedIn {
            tokens: TokenPair {
                access_token,
                refresh_token: session.refresh_token,
                expires_in,
                refresh_expires_at: session.expires_at,
                session_id: session.id,
            },
            profile,
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
        Ok(self.issuer.issue(&claims)?)
    }
}
