//! The gate: "may this principal act now?", one function for every path.

use super::own_names;
use crate::clock::Timestamp;
use crate::ids::{OrganizationId, SessionId, UserId};
use crate::organizations::{LicenseStatus, OrganizationKind};
use crate::rbac::PolicyRevision;
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

/// Somebody who passed the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The session that was shown.
    pub session_id: SessionId,
    /// Who it is.
    pub account: Account,
}

impl Principal {
    /// Whether the principal belongs to RootOrg, which is the first condition
    /// of crossing organizations.
    pub fn is_of_root(&self) -> bool {
        self.account.organization_kind == OrganizationKind::Root
    }
}

/// Why the gate stayed closed. All are 401 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GateRefusal {
    /// No such session, or it is somebody else's.
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
/// be theirs. Checked in the order of the contract.
pub fn admit(
    admission: Option<Admission>,
    claimed: UserId,
    now: Timestamp,
) -> Result<Principal, GateRefusal> {
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
    Ok(Principal {
        session_id: session.id,
        account,
    })
}
