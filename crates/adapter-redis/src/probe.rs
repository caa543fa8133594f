//! Whether Redis answers.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe;

use crate::connection::RedisConnection;

/// Deletes a key that is not there: a replica answers, and takes no writes. Not required: the service works without it.
#[derive(Debug)]
pub struct RedisProbe(RedisConnection);

impl RedisProbe {
    /// A probe of a connection.
    pub fn new(connection: RedisConnection) -> Self {
        Self(connection)
    }
}

#[async_trait]
impl HealthProbe for RedisProbe {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn required(&self) -> bool {
        false
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.0.delete([self.0.keys().probe()]).await
    }
}
