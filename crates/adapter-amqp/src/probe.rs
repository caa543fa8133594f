use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe;

use crate::publisher::AmqpEventBus;

/// Whether the broker answers. The service works without it: events wait.
#[derive(Debug, Clone)]
pub struct AmqpProbe(AmqpEventBus);

impl AmqpProbe {
    /// A probe of the bus's connection.
    pub fn new(bus: AmqpEventBus) -> Self {
        Self(bus)
    }
}

#[async_trait]
impl HealthProbe for AmqpProbe {
    fn name(&self) -> &'static str {
        "rabbitmq"
    }

    fn required(&self) -> bool {
        false
    }

    async fn probe(&self) -> Result<(), PortError> {
        let away = |error| PortError::Unavailable(error);
        let line = self.0.broker.line().await;
        let line = line.map_err(|error| away(Box::new(error) as _))?;
        line.takes_events()
            .map_err(|error| away(Box::new(error) as _))?;
        line.ask().await.map_err(|error| away(Box::new(error) as _))
    }
}
