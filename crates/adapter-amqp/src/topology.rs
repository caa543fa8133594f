//! What the service needs on the broker. All of it is durable, and declared by
//! whoever connects: what is there already stays as it is.
//!
//! Each exchange hands what no queue wants to `auth.unrouted`, which keeps the
//! newest such messages. What a consumer cannot handle goes to
//! `auth.dead-letter`.

use amqprs::channel::{
    ExchangeDeclareArguments, ExchangeType, QueueBindArguments, QueueDeclareArguments,
};
use amqprs::{FieldTable, FieldValue};
use auth_domain::events::Exchange;

use crate::connect::Declaring;
use crate::error::BrokerError;

/// Takes what no queue of an exchange wants.
pub(crate) const UNROUTED: &str = "auth.unrouted";
/// Takes what a consumer could not handle.
pub(crate) const DEAD_LETTER: &str = "auth.dead-letter";
/// How many unrouted messages are kept; the oldest make room.
const MOST_UNROUTED: i64 = 10_000;

/// An exchange of the topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExchangePart {
    /// One that events are published to, by their type.
    Topic(&'static str),
    /// One that hands on all it gets.
    Fanout(&'static str),
}

/// A queue of the topology, which takes all of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueuePart {
    pub(crate) name: &'static str,
    from: &'static str,
    arguments: &'static [(&'static str, Argument)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Argument {
    Word(&'static str),
    Number(i64),
}

/// The exchanges, in the order in which they can be declared.
pub(crate) fn exchanges() -> Vec<ExchangePart> {
    let published = Exchange::ALL.iter();
    let published = published.map(|exchange| ExchangePart::Topic(exchange.as_str()));
    [
        ExchangePart::Fanout(UNROUTED),
        ExchangePart::Fanout(DEAD_LETTER),
    ]
    .into_iter()
    .chain(published)
    .collect()
}

/// The queues.
pub(crate) const QUEUES: [QueuePart; 2] = [
    QueuePart {
        name: UNROUTED,
        from: UNROUTED,
        arguments: &[
            ("x-max-length", Argument::Number(MOST_UNROUTED)),
            ("x-overflow", Argument::Word("drop-head")),
        ],
    },
    QueuePart {
        name: DEAD_LETTER,
        from: DEAD_LETTER,
        arguments: &[("x-queue-type", Argument::Word("quorum"))],
    },
];

impl ExchangePart {
    pub(crate) fn name(self) -> &'static str {
        let (Self::Topic(name) | Self::Fanout(name)) = self;
        name
    }

    /// Declares it. One that is there and is another one ends the channel.
    pub(crate) async fn declare(self, on: &Declaring) -> Result<(), BrokerError> {
        let (kind, alternate) = match self {
            Self::Topic(_) => (ExchangeType::Topic, Some(UNROUTED)),
            Self::Fanout(_) => (ExchangeType::Fanout, None),
        };
        let alternate = alternate.map(|name| ("alternate-exchange", Argument::Word(name)));
        let arguments = ExchangeDeclareArguments::of_type(self.name(), kind)
            .durable(true)
            .arguments(table(alternate))
            .finish();
        let declared = on.channel.exchange_declare(arguments).await;
        declared.map_err(|error| on.failed(&error, "exchange", self.name()))
    }

    /// Whether an exchange of that name is there, whatever it is. If not, the
    /// channel is closed.
    pub(crate) async fn is_there(self, on: &Declaring) -> Result<bool, BrokerError> {
        let arguments = ExchangeDeclareArguments::new(self.name(), "")
            .passive(true)
            .finish();
        let found = on.channel.exchange_declare(arguments).await;
        on.found(found, "exchange", self.name())
    }
}

impl QueuePart {
    /// Declares it. One that is there and is another one ends the channel.
    pub(crate) async fn declare(self, on: &Declaring) -> Result<(), BrokerError> {
        let arguments = QueueDeclareArguments::durable_client_named(self.name)
            .arguments(table(self.arguments.iter().copied()))
            .finish();
        let declared = on.channel.queue_declare(arguments).await.map(drop);
        declared.map_err(|error| on.failed(&error, "queue", self.name))
    }

    /// Lets it take what its exchange gets.
    pub(crate) async fn bind(self, on: &Declaring) -> Result<(), BrokerError> {
        let arguments = QueueBindArguments::new(self.name, self.from, "#");
        let bound = on.channel.queue_bind(arguments).await;
        bound.map_err(|error| on.failed(&error, "queue", self.name))
    }

    /// Whether a queue of that name is there, whatever it is. If not, the
    /// channel is closed.
    pub(crate) async fn is_there(self, on: &Declaring) -> Result<bool, BrokerError> {
        let arguments = QueueDeclareArguments::new(self.name).passive(true).finish();
        let found = on.channel.queue_declare(arguments).await.map(drop);
        on.found(found, "queue", self.name)
    }
}

/// Declares everything. A part that is there and is another one is an error,
/// which names it; the channel is closed then.
pub(crate) async fn declare(on: &Declaring) -> Result<(), BrokerError> {
    for exchange in exchanges() {
        exchange.declare(on).await?;
    }
    for queue in QUEUES {
        queue.declare(on).await?;
        queue.bind(on).await?;
    }
    Ok(())
}

fn table(arguments: impl IntoIterator<Item = (&'static str, Argument)>) -> FieldTable {
    let mut table = FieldTable::new();
    for (name, value) in arguments {
        let value = match value {
            Argument::Word(word) => FieldValue::from(word),
            Argument::Number(number) => FieldValue::l(number),
        };
        // A name of the topology is shorter than the 255 bytes that it may have.
        if let Ok(name) = name.try_into() {
            table.insert(name, value);
        }
    }
    table
}
