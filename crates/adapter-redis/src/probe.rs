//! Whether Redis answers.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe;
use fred::prelude::{ClientLike as _, Value};

use crate::connection::RedisConnection;
use crate::errors::port_error;

/// Asks the server for an answer. Not required: the service works without it.
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
        let ping = self.0.client().ping::<Value>(None);
        self.0.answer(ping).await.map(drop).map_err(port_error)
    }
}
