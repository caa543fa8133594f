//! Looking at a broker, and making it fit.

use amqprs::channel::{ExchangeDeleteArguments, QueueDeleteArguments};
use amqprs::connection::Connection;

use crate::connect::{Declaring, connect, in_time};
use crate::error::BrokerError;
use crate::options::AmqpOptions;
use crate::topology::{self, ExchangePart, QUEUES, QueuePart, exchanges};

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
        let looked = async {
            let mut found = Vec::new();
            for part in all() {
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
                    replaced.push(found);
                }
            }
            let on = Declaring::open(&connection).await?;
            topology::declare(&on).await?;
            on.close().await;
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
    /// A part that is there declares itself again without effect.
    async fn look(self, connection: &Connection) -> Result<Part, BrokerError> {
        let (kind, name) = match self {
            Self::Exchange(exchange) => ("exchange", exchange.name()),
            Self::Queue(queue) => ("queue", queue.name),
        };
        let state = if self.is_there(connection).await? {
            match self.declare(connection).await {
                Ok(()) => PartState::Ready,
                Err(BrokerError::OtherTopology(_)) => PartState::Other,
                Err(error) => return Err(error),
            }
        } else {
            PartState::Absent
        };
        Ok(Part { kind, name, state })
    }

    async fn is_there(self, connection: &Connection) -> Result<bool, BrokerError> {
        let on = Declaring::open(connection).await?;
        let there = match self {
            Self::Exchange(exchange) => exchange.is_there(&on).await,
            Self::Queue(queue) => queue.is_there(&on).await,
        };
        on.close().await;
        there
    }

    async fn declare(self, connection: &Connection) -> Result<(), BrokerError> {
        let on = Declaring::open(connection).await?;
        match self {
            Self::Exchange(exchange) => exchange.declare(&on).await?,
            Self::Queue(queue) => queue.declare(&on).await?,
        }
        on.close().await;
        Ok(())
    }

    async fn delete(self, connection: &Connection) -> Result<(), BrokerError> {
        let on = Declaring::open(connection).await?;
        match self {
            Self::Exchange(exchange) => {
                let arguments = ExchangeDeleteArguments::new(exchange.name());
                let deleted = on.channel.exchange_delete(arguments).await;
                deleted.map_err(|error| on.failed(&error, "exchange", exchange.name()))?;
            }
            Self::Queue(queue) => {
                let arguments = QueueDeleteArguments::new(queue.name);
                let deleted = on.channel.queue_delete(arguments).await.map(drop);
                deleted.map_err(|error| on.failed(&error, "queue", queue.name))?;
            }
        }
        on.close().await;
        Ok(())
    }
}
