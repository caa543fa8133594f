//! What the service needs on the broker. All of it is durable, and declared by
//! whoever connects: what is there already stays as it is.
//!
//! Each exchange hands what no queue wants to `auth.unrouted`, which keeps the
//! newest such messages. What a consumer cannot handle goes to
//! `auth.dead-letter`.

use amqprs::channel::{
    Channel, ExchangeDeclareArguments, ExchangeType, QueueBindArguments, QueueDeclareArguments,
};
use amqprs::{FieldTable, FieldValue};
use auth_domain::events::Exchange;

use crate::error::BrokerError;

/// Takes what no queue of an exchange wants.
pub(crate) const UNROUTED: &str = "auth.unrouted";
/// Takes what a consumer could not handle.
pub(crate) const DEAD_LETTER: &str = "auth.dead-letter";
/// How many unrouted messages are kept; the oldest make room.
const MOST_UNROUTED: i64 = 10_000;

/// An exchange of the topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExchangePart {
    pub(crate) name: &'static str,
    kind: &'static str,
    alternate: Option<&'static str>,
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
    let own = |name, kind| ExchangePart {
        name,
        kind,
        alternate: None,
    };
    let published = Exchange::ALL.iter().map(|exchange| ExchangePart {
        name: exchange.as_str(),
        kind: "topic",
        alternate: Some(UNROUTED),
    });
    [own(UNROUTED, "fanout"), own(DEAD_LETTER, "fanout")]
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
    pub(crate) async fn declare(&self, channel: &Channel) -> Result<(), BrokerError> {
        let arguments = self.alternate.map(|name| ("alternate-exchange", name));
        let declared = ExchangeDeclareArguments::of_type(self.name, self.exchange_type())
            .durable(true)
            .arguments(table(
                arguments.map(|(key, name)| (key, Argument::Word(name))),
            ))
            .finish();
        let declared = channel.exchange_declare(declared).await;
        declared.map_err(|_told_by_the_callback| self.other())
    }

    /// Whether an exchange of that name is there, whatever it is. If not, the
    /// channel is closed.
    pub(crate) async fn is_there(&self, channel: &Channel) -> bool {
        let arguments = ExchangeDeclareArguments::of_type(self.name, self.exchange_type())
            .passive(true)
            .finish();
        channel.exchange_declare(arguments).await.is_ok()
    }

    fn exchange_type(self) -> ExchangeType {
        if self.kind == "fanout" {
            ExchangeType::Fanout
        } else {
            ExchangeType::Topic
        }
    }

    fn other(self) -> BrokerError {
        BrokerError::OtherTopology(format!("another exchange {}", self.name))
    }
}

impl QueuePart {
    /// Whether a queue of that name is there, whatever it is. If not, the
    /// channel is closed.
    pub(crate) async fn is_there(&self, channel: &Channel) -> bool {
        let arguments = QueueDeclareArguments::new(self.name).passive(true).finish();
        channel.queue_declare(arguments).await.is_ok()
    }

    pub(crate) async fn declare(&self, channel: &Channel) -> Result<(), BrokerError> {
        let declared = QueueDeclareArguments::durable_client_named(self.name)
            .arguments(table(self.arguments.iter().copied()))
            .finish();
        let other = || BrokerError::OtherTopology(format!("another queue {}", self.name));
        channel
            .queue_declare(declared)
            .await
            .map_err(|_told_by_the_callback| other())?;
        let bound = QueueBindArguments::new(self.name, self.from, "#");
        channel
            .queue_bind(bound)
            .await
            .map_err(|_told_by_the_callback| other())
    }
}

/// Declares everything. A part that is there and is another one is an error,
/// which names it; the channel is closed then.
pub(crate) async fn declare(channel: &Channel) -> Result<(), BrokerError> {
    for exchange in exchanges() {
        exchange.declare(channel).await?;
    }
    for queue in QUEUES {
        queue.declare(channel).await?;
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
