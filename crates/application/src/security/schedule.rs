//! When alerts are raised.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;

use super::AlertService;
use crate::jobs::{Schedule, ScheduledTask};

#[async_trait]
impl ScheduledTask for AlertService {
    fn schedule(&self) -> Schedule {
        Schedule {
            name: "security_alerts",
            period: Duration::from_secs(15),
            lease: Duration::from_mins(1),
        }
    }

    async fn run(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.raise_for_failures().await?;
        Ok(())
    }
}
