//! What users may do, by revision.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{DecisionCache, PolicyRevision};

use crate::connection::RedisConnection;

const LIFE: Duration = Duration::from_mins(1);

/// A sealed JSON list of permissions for each user and revision,
/// `rbac:decision:{organization}:{revision}:{user}`.
#[derive(Debug)]
pub struct RedisDecisionCache(RedisConnection);

impl RedisDecisionCache {
    /// A cache on a connection.
    pub fn new(connection: RedisConnection) -> Self {
        Self(connection)
    }
}

#[async_trait]
impl DecisionCache for RedisDecisionCache {
    async fn get(
        &self,
        organization: OrganizationId,
        revision: PolicyRevision,
        user: UserId,
    ) -> Result<Option<Vec<String>>, PortError> {
        let key = self.0.keys().decision(organization, revision, user);
        let json = self.0.get_sealed(key).await?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }

    async fn put(
        &self,
        organization: OrganizationId,
        revision: PolicyRevision,
        user: UserId,
        permissions: &[String],
    ) -> Result<(), PortError> {
        let key = self.0.keys().decision(organization, revision, user);
        let json = serde_json::to_string(permissions);
        let json = json.map_err(|error| PortError::Backend(error.into()))?;
        self.0.set_sealed(key, &json, LIFE).await
    }
}
