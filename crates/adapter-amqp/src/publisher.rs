//! `EventBus`.

use std::sync::Arc;

use amqprs::BasicProperties;
use amqprs::channel::BasicPublishArguments;
use async_trait::async_trait;
use auth_domain::events::{Event, EventBus, PublishError};
use tokio::sync::oneshot::Receiver;
use tokio::time::timeout;

use crate::broker::Broker;
use crate::confirms::Confirm;
use crate::connect::Line;
use crate::envelope;
use crate::options::AmqpOptions;

/// Publishes events to RabbitMQ, each confirmed by the broker. Any number can
/// be under way at once; they share one channel.
///
/// It connects with the first event, and whenever the connection was lost, at
/// most every 15 seconds.
#[derive(Debug, Clone)]
pub struct AmqpEventBus {
    pub(crate) broker: Arc<Broker>,
}

impl AmqpEventBus {
    /// A bus that is not connected yet.
    pub fn new(options: AmqpOptions) -> Self {
        Self {
            broker: Arc::new(Broker::new(options)),
        }
    }

    /// Closes the connection.
    pub async fn close(&self) {
        self.broker.close().await;
    }
}

#[async_trait]
impl EventBus for AmqpEventBus {
    async fn publish(&self, event: &Event, sequence: i64) -> Result<(), PublishError> {
        let away = |reason: String| PublishError::Unavailable(reason);
        let body = envelope::write(event, sequence);
        let body = body.map_err(|error| PublishError::Refused(error.to_string()))?;
        let line = self.broker.line().await.map_err(|e| away(e.to_string()))?;
        line.takes_events().map_err(|e| away(e.to_string()))?;
        let confirm = send(&line, event, body).await;
        let Ok(confirm) = timeout(self.broker.options.confirm_timeout, confirm).await else {
            if line.confirms.stall() {
                tracing::warn!("RabbitMQ confirms nothing: is its memory or disk alarm on?");
            }
            return Err(away("it did not confirm in time".to_owned()));
        };
        match confirm.unwrap_or_else(|gone| Confirm::Lost(gone.to_string())) {
            Confirm::Ack => Ok(()),
            Confirm::Nack => Err(away("a queue is full".to_owned())),
            Confirm::Lost(reason) => Err(away(reason)),
            Confirm::Returned(reason) => Err(PublishError::Refused(reason)),
        }
    }
}

/// Sends a message; its confirm comes later.
async fn send(line: &Line, event: &Event, body: Vec<u8>) -> Receiver<Confirm> {
    let id = event.id.0.to_string();
    let properties = BasicProperties::default()
        .with_content_type("application/json")
        .with_content_encoding("utf-8")
        .with_persistence(true)
        .with_message_id(&id)
        .with_message_type(event.event_type.as_str())
        .with_app_id("auth-microservice")
        .with_timestamp(u64::try_from(event.at.timestamp()).unwrap_or_default())
        .finish();
    let event_type = event.event_type;
    let arguments = BasicPublishArguments::new(event_type.exchange().as_str(), event_type.as_str())
        .mandatory(true)
        .finish();
    let send = async {
        // On a channel that is closed it says Ok and ends the connection.
        if let Some(reason) = line.end() {
            return Err(reason);
        }
        let published = line.channel.basic_publish(properties, body, arguments);
        published.await.map_err(|error| error.to_string())
    };
    line.confirms.send_in_order(id, send).await
}
