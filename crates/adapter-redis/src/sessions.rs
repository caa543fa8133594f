//! Admissions of sessions.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::identity::{Account, Admission, SessionCache, SessionFacts};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::organizations::{LicenseStatus, OrganizationKind};
use auth_domain::rbac::PolicyRevision;
use auth_domain::text::{PersonName, Username};
use auth_domain::users::{EmailAddress, UserStatus};
use serde::{Deserialize, Serialize};

use crate::connection::RedisConnection;

/// A sealed JSON object for each session, `session:{id}`.
#[derive(Debug)]
pub struct RedisSessionCache(RedisConnection);

impl RedisSessionCache {
    /// A cache on a connection.
    pub fn new(connection: RedisConnection) -> Self {
        Self(connection)
    }
}

#[async_trait]
impl SessionCache for RedisSessionCache {
    async fn get(&self, session: SessionId) -> Result<Option<Admission>, PortError> {
        let json = self.0.get_sealed(self.0.keys().session(session)).await?;
        let kept = json.and_then(|json| read(&json));
        Ok(kept.filter(|admission| admission.session.id == session))
    }

    async fn put(&self, admission: &Admission, life: Duration) -> Result<(), PortError> {
        let json = serde_json::to_string(&CachedAdmission::from(admission));
        let json = json.map_err(|error| PortError::Backend(error.into()))?;
        let key = self.0.keys().session(admission.session.id);
        self.0.set_sealed(key, &json, life).await
    }

    async fn forget(&self, sessions: &[SessionId]) -> Result<(), PortError> {
        let keys = sessions.iter().map(|id| self.0.keys().session(*id));
        self.0.delete(keys).await
    }
}

/// A value that another version or another program wrote is a miss.
fn read(json: &str) -> Option<Admission> {
    let kept: CachedAdmission = serde_json::from_str(json).ok()?;
    kept.admission()
}

/// An admission as it is cached.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CachedAdmission {
    session_id: SessionId,
    issued_at: Timestamp,
    expires_at: Timestamp,
    absolute_expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
    user_id: UserId,
    organization_id: OrganizationId,
    organization_kind: String,
    license_status: String,
    policy_revision: i64,
    username: String,
    first_name: String,
    last_name: Option<String>,
    email: String,
    email_verified_at: Option<Timestamp>,
    status: String,
}

impl From<&Admission> for CachedAdmission {
    fn from(Admission { session, account }: &Admission) -> Self {
        Self {
            session_id: session.id,
            issued_at: session.issued_at,
            expires_at: session.expires_at,
            absolute_expires_at: session.absolute_expires_at,
            revoked_at: session.revoked_at,
            user_id: account.user_id,
            organization_id: account.organization_id,
            organization_kind: account.organization_kind.to_string(),
            license_status: account.license_status.to_string(),
            policy_revision: account.policy_revision.get(),
            username: account.username.to_string(),
            first_name: account.first_name.to_string(),
            last_name: account.last_name.as_ref().map(PersonName::to_string),
            email: account.email.to_string(),
            email_verified_at: account.email_verified_at,
            status: account.status.to_string(),
        }
    }
}

impl CachedAdmission {
    /// `None`: it holds a word that this version does not know.
    fn admission(self) -> Option<Admission> {
        Some(Admission {
            session: SessionFacts {
                id: self.session_id,
                issued_at: self.issued_at,
                expires_at: self.expires_at,
                absolute_expires_at: self.absolute_expires_at,
                revoked_at: self.revoked_at,
            },
            account: Account {
                user_id: self.user_id,
                organization_id: self.organization_id,
                organization_kind: OrganizationKind::parse(&self.organization_kind)?,
                license_status: LicenseStatus::parse(&self.license_status)?,
                policy_revision: PolicyRevision::new(self.policy_revision),
                username: Username::from_stored(self.username),
                first_name: PersonName::from_stored(self.first_name),
                last_name: self.last_name.map(PersonName::from_stored),
                email: EmailAddress::from_stored(self.email),
                email_verified_at: self.email_verified_at,
                status: UserStatus::parse(&self.status)?,
            },
        })
    }
}
