//! Opening a connection, and noticing its end.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use amqprs::callbacks::{ChannelCallback, ConnectionCallback};
use amqprs::channel::Channel;
use amqprs::connection::{Connection, OpenConnectionArguments};
use amqprs::error::Error;
use amqprs::security::SecurityCredentials;
use amqprs::{Ack, BasicProperties, Cancel, Close, CloseChannel, Nack, Return};
use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::confirms::{Confirm, Confirms, Ended};
use crate::error::BrokerError;
use crate::options::AmqpOptions;
use crate::topology;

/// How long opening a connection may take, with all that is declared on it.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// Seconds between heartbeats. A connection that is silent for twice as long is
/// over.
const HEARTBEAT: u16 = 5;
/// How long a connection may confirm nothing: an alarm of the broker may last,
/// and what waits comes twice on a new one.
const STALLED_AT_MOST: Duration = Duration::from_mins(1);
/// Reply codes of AMQP 0-9-1: there is no such thing; there is another one.
const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 406;

/// A connection with the topology declared and a channel to publish on.
pub(crate) struct Line {
    connection: Connection,
    pub(crate) channel: Channel,
    pub(crate) confirms: Arc<Confirms>,
    /// Notices the end of the connection; ends with the line.
    _watch: JoinSet<()>,
}

impl Line {
    pub(crate) async fn open(options: &AmqpOptions) -> Result<Self, BrokerError> {
        let connection = connect(options).await?;
        let opening = async {
            let confirms = Arc::new(Confirms::default());
            let watch = watch(&connection, &confirms).await?;
            let declaring = Declaring::open(&connection).await?;
            topology::declare(&declaring).await?;
            let channel = open_channel(&connection, &confirms).await?;
            let confirmed = amqprs::channel::ConfirmSelectArguments::new(false);
            channel
                .confirm_select(confirmed)
                .await
                .map_err(|e| lost(&e))?;
            declaring.close().await;
            Ok((confirms, watch, channel))
        };
        let (confirms, watch, channel) = in_time(opening).await?;
        Ok(Self {
            connection,
            channel,
            confirms,
            _watch: watch,
        })
    }

    /// Why nothing can be published on it any more.
    pub(crate) fn end(&self) -> Option<String> {
        let open = self.connection.is_open() && self.channel.is_open();
        let ended = self.confirms.ended().map(|ended| ended.reason);
        ended.or_else(|| (!open).then(|| "it was closed".to_owned()))
    }

    /// Fails while a confirm is overdue. A line that confirms nothing for long
    /// ends: its broker may be another one by now.
    pub(crate) fn takes_events(&self) -> Result<(), BrokerError> {
        match self.confirms.stalled_for() {
            None => return Ok(()),
            Some(stalled) if stalled > STALLED_AT_MOST => {
                self.confirms.end("it confirmed nothing for a minute");
            }
            Some(_) => {}
        }
        Err(BrokerError::Stalled)
    }

    /// Asks the broker something that changes nothing.
    pub(crate) async fn ask(&self) -> Result<(), BrokerError> {
        let channel = self.connection.open_channel(None).await;
        let channel = channel.map_err(|e| lost(&e))?;
        channel.close().await.map_err(|e| lost(&e))
    }

    pub(crate) async fn close(self: Arc<Self>) {
        let _closed_or_lost = self.connection.clone().close().await;
    }
}

/// A channel on which the topology is declared. An error ends it.
pub(crate) struct Declaring {
    pub(crate) channel: Channel,
    told: Arc<Confirms>,
}

impl Declaring {
    pub(crate) async fn open(connection: &Connection) -> Result<Self, BrokerError> {
        let told = Arc::default();
        Ok(Self {
            channel: open_channel(connection, &told).await?,
            told,
        })
    }

    /// What an error means that a part met: the broker says so when it closes
    /// the channel, before the call fails.
    pub(crate) fn failed(&self, error: &Error, kind: &str, name: &str) -> BrokerError {
        match self.told.ended() {
            Some(Ended {
                code: Some(PRECONDITION_FAILED),
                ..
            }) => BrokerError::OtherTopology(format!("another {kind} {name}")),
            Some(Ended {
                code: Some(_),
                reason,
            }) => BrokerError::Denied(format!("the {kind} {name}: {reason}")),
            _ => lost(error),
        }
    }

    /// Whether a part that was looked for is there.
    pub(crate) fn found(
        &self,
        found: Result<(), Error>,
        kind: &str,
        name: &str,
    ) -> Result<bool, BrokerError> {
        let Err(error) = found else {
            return Ok(true);
        };
        let code = self.told.ended().and_then(|ended| ended.code);
        if code == Some(NOT_FOUND) {
            return Ok(false);
        }
        Err(self.failed(&error, kind, name))
    }

    pub(crate) async fn close(self) {
        let _closed_already = self.channel.close().await;
    }
}

/// A connection without any channel.
pub(crate) async fn connect(options: &AmqpOptions) -> Result<Connection, BrokerError> {
    let mut arguments = OpenConnectionArguments::new(
        &options.host,
        options.port,
        &options.user,
        options.password.expose_secret(),
    );
    arguments
        .credentials(SecurityCredentials::new_plain(
            &options.user,
            options.password.expose_secret(),
        ))
        .virtual_host(&options.virtual_host)
        .connection_name(&options.connection_name)
        .heartbeat(HEARTBEAT);
    let opened = async {
        Connection::open(&arguments)
            .await
            .map_err(|e| not_opened(&e))
    };
    in_time(opened).await
}

/// A channel whose confirms, and whose end, are told to `confirms`.
async fn open_channel(
    connection: &Connection,
    confirms: &Arc<Confirms>,
) -> Result<Channel, BrokerError> {
    let channel = connection.open_channel(None).await.map_err(|e| lost(&e))?;
    let callback = ChannelWatch(Arc::clone(confirms));
    channel
        .register_callback(callback)
        .await
        .map_err(|e| lost(&e))?;
    Ok(channel)
}

pub(crate) async fn in_time<T>(
    work: impl Future<Output = Result<T, BrokerError>>,
) -> Result<T, BrokerError> {
    let late = |_elapsed| {
        let seconds = OPEN_WITHIN.as_secs();
        Err(BrokerError::Unreachable(format!(
            "no answer in {seconds} s"
        )))
    };
    timeout(OPEN_WITHIN, work).await.unwrap_or_else(late)
}

async fn watch(
    connection: &Connection,
    confirms: &Arc<Confirms>,
) -> Result<JoinSet<()>, BrokerError> {
    let (watched, told) = (connection.clone(), Arc::clone(confirms));
    let mut over = Box::pin(async move { watched.listen_network_io_failure().await });
    // The first poll subscribes: after the loss it would tell nothing.
    let mut is_over = false;
    poll_fn(|context| {
        is_over = over.as_mut().poll(context).is_ready();
        Poll::Ready(())
    })
    .await;
    let mut watch = JoinSet::new();
    watch.spawn(async move {
        if !is_over {
            over.await;
        }
        told.end("the connection ended");
    });
    let callback = ConnectionWatch(Arc::clone(confirms));
    let registered = connection.register_callback(callback).await;
    registered.map_err(|e| lost(&e))?;
    Ok(watch)
}

fn lost(error: &Error) -> BrokerError {
    BrokerError::Lost(error.to_string())
}

/// Who gets no further than the network was not refused.
fn not_opened(error: &Error) -> BrokerError {
    let text = error.to_string();
    let network = [
        "refused",
        "lookup",
        "resolve",
        "unreachable",
        "timed out",
        "tls",
        "certificate",
    ];
    match error {
        Error::NetworkError(_)
            if network
                .iter()
                .any(|part| text.to_lowercase().contains(part)) =>
        {
            BrokerError::Unreachable(text)
        }
        _ => BrokerError::Refused(text),
    }
}

struct ConnectionWatch(Arc<Confirms>);

#[async_trait]
impl ConnectionCallback for ConnectionWatch {
    async fn close(&mut self, _: &Connection, close: Close) -> Result<(), Error> {
        self.0.end(&close.to_string());
        Ok(())
    }

    async fn blocked(&mut self, _: &Connection, _: String) {}

    async fn unblocked(&mut self, _: &Connection) {}

    async fn secret_updated(&mut self, _: &Connection) {}
}

struct ChannelWatch(Arc<Confirms>);

#[async_trait]
impl ChannelCallback for ChannelWatch {
    async fn close(&mut self, _: &Channel, close: CloseChannel) -> Result<(), Error> {
        self.0
            .end_with(Some(close.reply_code()), close.reply_text());
        Ok(())
    }

    async fn cancel(&mut self, _: &Channel, _: Cancel) -> Result<(), Error> {
        Ok(())
    }

    async fn flow(&mut self, _: &Channel, active: bool) -> Result<bool, Error> {
        Ok(active)
    }

    async fn publish_ack(&mut self, _: &Channel, ack: Ack) {
        let (tag, multiple) = (ack.delivery_tag(), ack.mutiple());
        self.0.settle(tag, multiple, &Confirm::Ack);
    }

    async fn publish_nack(&mut self, _: &Channel, nack: Nack) {
        let (tag, multiple) = (nack.delivery_tag(), nack.multiple());
        self.0.settle(tag, multiple, &Confirm::Nack);
    }

    async fn publish_return(
        &mut self,
        _: &Channel,
        returned: Return,
        properties: BasicProperties,
        _: Vec<u8>,
    ) {
        if let Some(message) = properties.message_id() {
            let reason = returned.reply_text().clone();
            self.0.returned(message.clone(), reason);
        }
    }
}
