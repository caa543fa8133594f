//! Security alerts: what an admin of the organization should look at.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::PortError;
use crate::ids::{AlertId, OrganizationId, UserId};
use crate::wire_enum;

wire_enum! {
    /// What an alert is about.
    AlertType {
        /// Repeated wrong passwords.
        FailedLogin = "failed_login",
        /// Something that the user does not usually do.
        UnusualActivity = "unusual_activity",
        /// An address with a history.
        SuspiciousIp = "suspicious_ip",
        /// Sign-ins from many places at once.
        MultipleLogins = "multiple_logins",
    }
}

/// An alert about a user that does not exist yet. It is made open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// The user's organization.
    pub organization_id: OrganizationId,
    /// The user that it is about.
    pub user_id: UserId,
    /// What it is about.
    pub alert_type: AlertType,
    /// A sentence for a person.
    pub message: String,
    /// When.
    pub created_at: Timestamp,
}

/// Writes of security alerts, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SecurityAlertRepo: Send + Sync {
    /// Raises an alert, unless one of that type about that user was raised at
    /// or after `since`: then `Ok(None)`, and nothing is written.
    async fn raise(
        &mut self,
        alert: &NewAlert,
        since: Timestamp,
    ) -> Result<Option<AlertId>, PortError>;
}
