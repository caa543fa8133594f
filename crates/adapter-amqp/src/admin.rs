//! Looking at a broker, and making it fit.

use std::sync::Arc;

use amqprs::channel::{ExchangeDeleteArguments, QueueDeleteArguments};
use amqprs::connection::Connection;

use crate::connect::{connect, in_time, open_channel};
use crate::error::BrokerError;
use crate::options::AmqpOptions;
use crate::topology::{ExchangePart, QUEUES, QueuePart, exchanges};

/// A part of the topology on a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `exchange` or `queue`.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What is there.
    pub state: PartState,
}

/// What there is of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// Nothing.
    Absent,
    /// What the service needs.
    Ready,
    /// Something else of that name.
    Other,
}

#[derive(Clone, Copy)]
enum Any {
    Exchange(ExchangePart),
    Queue(QueuePart),
}

/// Looks at the topology of a broker and replaces what does not fit.
#[derive(Debug, Clone)]
pub struct BrokerAdmin(AmqpOptions);

impl BrokerAdmin {
    /// An administration of that broker.
    pub fn new(options: AmqpOptions) -> Self {
        Self(options)
    }

    /// Every part of the topology and what there is of it. Changes nothing.
    pub async fn status(&self) -> Result<Vec<Part>, BrokerError> {
        let connection = connect(&self.0).await?;
        let parts = all();
        let looked = async {
            let mut found = Vec::new();
            for part in parts {
                found.push(part.look(&connection).await?);
            }
            Ok(found)
        };
        let found = in_time(looked).await;
        let _closed_or_lost = connection.close().await;
        found
    }

    /// Replaces what does not fit, declares what is absent, and answers what was
    /// replaced. Bindings of a replaced exchange are lost, and messages of a
    /// replaced queue.
    pub async fn migrate(&self) -> Result<Vec<Part>, BrokerError> {
        let connection = connect(&self.0).await?;
        let work = async {
            let mut replaced = Vec::new();
            for part in all() {
                let found = part.look(&connection).await?;
                if found.state == PartState::Other {
                    part.delete(&connection).await?;
                    replaced.push(found.clone());
                }
                if found.state != PartState::Ready {
                    part.declare(&connection).await?;
                }
            }
            // Bindings that were there to an exchange that is not any more.
            for queue in QUEUES {
                Any::Queue(queue).declare(&connection).await?;
            }
            Ok(replaced)
        };
        let replaced = in_time(work).await;
        let _closed_or_lost = connection.close().await;
        replaced
    }
}

fn all() -> Vec<Any> {
    let exchanges = exchanges().into_iter().map(Any::Exchange);
    exchanges.chain(QUEUES.map(Any::Queue)).collect()
}

impl Any {
    /// A part that is there declares itself again without effect; one that is
    /// another closes the channel.
    async fn look(self, connection: &Connection) -> Result<Part, BrokerError> {
        let (kind, name) = match self {
            Self::Exchange(exchange) => ("exchange", exchange.name),
            Self::Queue(queue) => ("queue", queue.name),
        };
        let state = if !self.is_there(connection).await? {
            PartState::Absent
        } else if self.declare(connection).await.is_ok() {
            PartState::Ready
        } else {
            PartState::Other
        };
        Ok(Part { kind, name, state })
    }

    async fn is_there(self, connection: &Connection) -> Result<bool, BrokerError> {
        let channel = open_channel(connection, &Arc::default()).await?;
        let there = match self {
            Self::Exchange(exchange) => exchange.is_there(&channel).await,
            Self::Queue(queue) => queue.is_there(&channel).await,
        };
        let _closed_already = channel.close().await;
        Ok(there)
    }

    async fn declare(self, connection: &Connection) -> Result<(), BrokerError> {
        let channel = open_channel(connection, &Arc::default()).await?;
        match self {
            Self::Exchange(exchange) => exchange.declare(&channel).await?,
            Self::Queue(queue) => queue.declare(&channel).await?,
        }
        let _closed_already = channel.close().await;
        Ok(())
    }

    async fn delete(self, connection: &Connection) -> Result<(), BrokerError> {
        let channel = open_channel(connection, &Arc::default()).await?;
        let deleted = match self {
            Self::Exchange(exchange) => {
                let arguments = ExchangeDeleteArguments::new(exchange.name);
                channel.exchange_delete(arguments).await
            }
            Self::Queue(queue) => {
                let arguments = QueueDeleteArguments::new(queue.name);
                channel.queue_delete(arguments).await.map(drop)
            }
        };
        deleted.map_err(|error| BrokerError::Lost(error.to_string()))?;
        let _closed_already = channel.close().await;
        Ok(())
    }
}
