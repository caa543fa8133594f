//! The ports of the sessions.

use async_trait::async_trait;

use super::{Admission, SealedToken, TokenDigest};
use crate::caller::Origin;
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{OrganizationId, RoleId, SessionId, UserId};
use crate::page::{Page, PageRequest, SessionKey};
use crate::rbac::PermissionName;
use crate::wire_enum;

/// A session that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Whose.
    pub user_id: UserId,
    /// The user's organization.
    pub organization_id: OrganizationId,
    /// When it begins.
    pub issued_at: Timestamp,
    /// The digest of its refresh token; `None`: it cannot be refreshed.
    pub refresh_digest: Option<TokenDigest>,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// When it ends even if it is refreshed.
    pub absolute_expires_at: Timestamp,
    /// From where.
    pub origin: Origin,
}

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// The session.
    pub id: SessionId,
    /// When it began.
    pub issued_at: Timestamp,
    /// When it was last refreshed.
    pub last_refreshed_at: Option<Timestamp>,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// From which address it was last used to sign in or refresh.
    pub ip_address: Option<String>,
    /// With which client.
    pub user_agent: Option<String>,
}

/// What a refresh decides on, read under the session's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshState {
    /// The session, its user and organization.
    pub admission: Admission,
    /// The digest of the token that is valid now.
    pub current: Option<TokenDigest>,
    /// The token that was valid before, if there was one.
    pub previous: Option<PreviousToken>,
}

/// The token before the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousToken {
    /// Its digest.
    pub digest: TokenDigest,
    /// The current token, sealed under it.
    pub successor: SealedToken,
    /// When it was replaced.
    pub rotated_at: Timestamp,
}

/// A refresh token replaced by its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The session.
    pub session_id: SessionId,
    /// The token that was presented: it becomes the previous one.
    pub old: TokenDigest,
    /// Its successor, the current one from now on.
    pub new: TokenDigest,
    /// The successor sealed under the old one.
    pub successor: SealedToken,
    /// When.
    pub at: Timestamp,
    /// When the session ends unless it is refreshed again.
    pub expires_at: Timestamp,
    /// From where; the stored address and client change where it has them.
    pub origin: Origin,
}

wire_enum! {
    /// Why a session was revoked.
    RevokeReason {
        /// Its user signed out.
        Logout = "logout",
        /// An old refresh token was presented: there is a copy of it.
        RefreshReuse = "refresh_reuse",
        /// The user's password changed or was reset.
        PasswordChange = "password_change",
        /// The user or the organization was deactivated.
        Deactivation = "deactivation",
        /// Its user ended it from another session, or its token was revoked.
        Revoked = "revoked",
        /// The user began more sessions than a user may have.
        Superseded = "superseded",
    }
}

/// Reads of sessions.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionQueries: Send + Sync {
    /// The session with its user and organization, in one joined point read;
    /// `Ok(None)`: there is no such session. This is on the path of every
    /// authenticated request.
    ///
    /// The account MUST be active only where both the user and the user's
    /// membership of the session's organization are; so MUST those of the
    /// other reads of sessions that answer one.
    async fn find_admission(&self, id: SessionId) -> Result<Option<Admission>, PortError>;

    /// Whether a token with that digest is or once was a refresh token of the
    /// session. Locks nothing.
    async fn knows_refresh_token(
        &self,
        id: SessionId,
        digest: &TokenDigest,
    ) -> Result<bool, PortError>;

    /// A page of the live sessions of a user, the latest first; the page key
    /// is the id.
    async fn list_live(
        &self,
        user: UserId,
        now: Timestamp,
        page: &PageRequest<SessionKey>,
    ) -> Result<Page<SessionInfo, SessionKey>, PortError>;

    /// How many sessions of each organization live, of those that have any, by
    /// organization.
    async fn count_live(&self, now: Timestamp) -> Result<Vec<(OrganizationId, u64)>, PortError>;

    /// The session whose current refresh token has that digest; `Ok(None)`:
    /// there is none.
    async fn find_by_refresh_digest(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<Admission>, PortError>;
}

/// What a transaction reads of a caller under its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedCaller {
    /// The session, its user and organization.
    pub admission: Admission,
    /// The user's roles, in any order.
    pub role_ids: Vec<RoleId>,
    /// What they grant in the user's organization, in any order.
    pub permissions: Vec<PermissionName>,
}

/// Writes of sessions, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionRepo: Send + Sync {
    /// Locks user and session of a caller until the transaction ends, and
    /// reads what the gate and the rules judge; `Ok(None)`: there is no such
    /// session. A revocation of the session, a new password and a deactivation
    /// of the user MUST wait until this transaction ends, or come before it
    /// and be seen here.
    async fn lock_caller(&mut self, id: SessionId) -> Result<Option<LockedCaller>, PortError>;

    /// Revokes the live sessions of a user that are longest unused, so that at
    /// most `keep` stay; answers which.
    async fn revoke_longest_unused(
        &mut self,
        user: UserId,
        keep: u32,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, PortError>;

    /// Inserts a session. MUST answer `MissingReference(User)` when the user is
    /// no member of the organization.
    async fn insert(&mut self, new: &NewSession) -> Result<SessionId, PortError>;

    /// Locks a session until the transaction ends and reads what a refresh
    /// needs; `Ok(None)`: there is no such session. Two transactions MUST NOT
    /// hold the same session at once.
    async fn lock_for_refresh(&mut self, id: SessionId) -> Result<Option<RefreshState>, PortError>;

    /// Whether a token with that digest once was a token of the session and
    /// was replaced.
    async fn was_rotated(&mut self, id: SessionId, digest: &TokenDigest)
    -> Result<bool, PortError>;

    /// When the session was rotated the `n`th last time (1: the last time);
    /// `Ok(None)`: it was not rotated as often.
    async fn nth_last_rotation(
        &mut self,
        id: SessionId,
        n: u32,
    ) -> Result<Option<Timestamp>, PortError>;

    /// Replaces the session's token, and remembers the old one's digest for
    /// [`SessionRepo::was_rotated`]. MUST answer `Stale` and write nothing when
    /// `old` is not the current token any more.
    async fn rotate(&mut self, rotation: &Rotation) -> Result<(), PortError>;

    /// Revokes a session. `Ok(false)`: it was revoked before, or never was.
    async fn revoke(
        &mut self,
        id: SessionId,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<bool, PortError>;

    /// Revokes all live sessions of a user but `except`; answers which.
    async fn revoke_all_of_user(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, PortError>;

    /// Gives a session a new token in the place of the one it has, which gets
    /// no second chance. MUST answer `Stale` when there is no such session.
    async fn reissue(
        &mut self,
        id: SessionId,
        digest: &TokenDigest,
        expires_at: Timestamp,
    ) -> Result<(), PortError>;
}
