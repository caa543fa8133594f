//! The gate: "may this principal act now?", one function for every path.

use std::collections::HashSet;

use super::own_names;
use crate::clock::Timestamp;
use crate::ids::{OrganizationId, RoleId, SessionId, UserId};
use crate::organizations::{LicenseStatus, OrganizationKind};
use crate::rbac::{Permission, PermissionName, PolicyRevision};
use crate::text::{PersonName, Username};
use crate::users::{EmailAddress, UserStatus};

/// A user and the user's organization, as they are in the store right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user_id: UserId,
    /// The user's organization.
    pub organization_id: OrganizationId,
    /// Tenant or RootOrg.
    pub organization_kind: OrganizationKind,
    /// The licence of the organization.
    pub license_status: LicenseStatus,
    /// The policy revision of the organization.
    pub policy_revision: PolicyRevision,
    /// The name to sign in with.
    pub username: Username,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: Option<PersonName>,
    /// The e-mail address.
    pub email: EmailAddress,
    /// When the address was verified.
    pub email_verified_at: Option<Timestamp>,
    /// Whether the user may act.
    pub status: UserStatus,
}

impl Account {
    /// The names that the user's password must not be.
    pub fn own_names(&self) -> Vec<&str> {
        let last_name = self.last_name.as_ref();
        own_names(&self.username, &self.first_name, last_name, &self.email)
    }

    /// Whether user and organization are in a state that lets the user act.
    /// An expired licence does; a suspended one does not.
    pub fn check_active(&self) -> Result<(), GateRefusal> {
        if self.status != UserStatus::Active {
            return Err(GateRefusal::AccountInactive);
        }
        if self.license_status == LicenseStatus::Suspended {
            return Err(GateRefusal::OrganizationSuspended);
        }
        Ok(())
    }
}

/// What decides whether a session is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFacts {
    /// The session.
    pub id: SessionId,
    /// When it began.
    pub issued_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// When it ends even if it is refreshed.
    pub absolute_expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A session with its user and organization: one joined point read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The session.
    pub session: SessionFacts,
    /// Whose it is.
    pub account: Account,
}

/// What a transaction judges a caller by: session, user and organization as
/// they are under its lock, and what the user's roles grant at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The user and the user's organization.
    pub account: Account,
    /// The user's roles.
    pub role_ids: Vec<RoleId>,
    /// What they grant in the user's own organization.
    pub permissions: HashSet<PermissionName>,
}

impl Authority {
    /// Whether the user holds a permission of the catalogue.
    pub fn holds(&self, permission: Permission) -> bool {
        self.permissions.contains(&PermissionName::from(permission))
    }

    /// Whether the user holds all of the permissions.
    pub fn holds_all<'a>(&self, permissions: impl IntoIterator<Item = &'a PermissionName>) -> bool {
        permissions
            .into_iter()
            .all(|permission| self.permissions.contains(permission))
    }

    /// Whether the user may use a permission beyond the own organization: a
    /// user of RootOrg who holds it and the platform permission of its group.
    pub fn crosses(&self, permission: Permission) -> bool {
        self.account.organization_kind == OrganizationKind::Root
            && self.holds(permission)
            && self.holds(permission.crosses_by())
    }
}

/// Why the gate stayed closed. All are 401 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GateRefusal {
    /// No such session, or it is another user's.
    #[error("the session does not exist")]
    SessionNotFound,
    /// The session was revoked.
    #[error("the session was revoked")]
    SessionRevoked,
    /// The session ran out.
    #[error("the session has expired")]
    SessionExpired,
    /// The user is deactivated.
    #[error("the account is inactive")]
    AccountInactive,
    /// The user's organization is suspended.
    #[error("the organization is suspended")]
    OrganizationSuspended,
}

impl GateRefusal {
    /// The stable code of the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::SessionNotFound => "session_not_found",
            Self::SessionRevoked => "session_revoked",
            Self::SessionExpired => "session_expired",
            Self::AccountInactive => "account_inactive",
            Self::OrganizationSuspended => "organization_suspended",
        }
    }
}

/// The gate. `claimed` is the user that the credential names; the session must
/// be that user's. Checked in the order of the contract.
pub fn admit(
    admission: Option<Admission>,
    claimed: UserId,
    now: Timestamp,
) -> Result<Account, GateRefusal> {
    let Admission { session, account } = admission.ok_or(GateRefusal::SessionNotFound)?;
    if account.user_id != claimed {
        return Err(GateRefusal::SessionNotFound);
    }
    if session.revoked_at.is_some() {
        return Err(GateRefusal::SessionRevoked);
    }
    if session.expires_at <= now || session.absolute_expires_at <= now {
        return Err(GateRefusal::SessionExpired);
    }
    account.check_active()?;
    Ok(account)
}
