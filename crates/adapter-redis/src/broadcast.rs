//! Policy news, by publish and subscribe on one channel.

use std::fmt;
use std::future::pending;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{PolicyBroadcast, PolicyNews, PolicyRevision};
use fred::error::Error;
use fred::prelude::{
    Client, ClientLike as _, EventInterface as _, PubsubInterface as _, Server, Value,
};
use fred::types::Message;
use tokio::sync::Mutex;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{sleep, timeout};

use crate::connection::RedisConnection;
use crate::errors::port_error;
use crate::link::{Link, Purpose};

/// How long to wait before subscribing is tried again.
const RETRY: Duration = Duration::from_millis(100);
/// How often a silent connection is asked for an answer: one that is dead
/// without a word would never bring news.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// Tells all instances on one server of policy changes. Listens on a
/// connection of its own.
pub struct RedisPolicyBroadcast {
    connection: RedisConnection,
    channel: String,
    listener: Mutex<Listener>,
}

impl RedisPolicyBroadcast {
    /// Begins to listen; to be called in a Tokio runtime. The first news is
    /// `DropAll`, as soon as the server is reached: before that, anything may
    /// have been missed.
    pub fn new(connection: RedisConnection) -> Self {
        let channel = connection.keys().policy_channel(connection.database());
        let listener = Mutex::new(Listener::new(connection.subscriber()));
        Self {
            connection,
            channel,
            listener,
        }
    }
}

impl fmt::Debug for RedisPolicyBroadcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisPolicyBroadcast")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl PolicyBroadcast for RedisPolicyBroadcast {
    async fn publish(&self, news: PolicyNews) -> Result<(), PortError> {
        let client = self.connection.client();
        let publish = client.publish(self.channel.as_str(), text(news));
        self.connection.answer(publish).await.map_err(port_error)
    }

    async fn next(&self) -> PolicyNews {
        let mut listener = self.listener.lock().await;
        loop {
            if let Some(news) = listener.step(&self.channel).await {
                return news;
            }
        }
    }
}

/// A subscription. The driver keeps the latest messages while no caller waits.
struct Listener {
    client: Client,
    messages: Receiver<Message>,
    connects: Receiver<Server>,
    /// Whether the connection of now is subscribed.
    subscribed: bool,
    _link: Link,
}

impl Listener {
    fn new(client: Client) -> Self {
        Self {
            messages: client.message_rx(),
            connects: client.reconnect_rx(),
            subscribed: false,
            _link: Link::keep(client.clone(), Purpose::News),
            client,
        }
    }

    /// Waits for something to happen; `None`: it was no news.
    async fn step(&mut self, channel: &str) -> Option<PolicyNews> {
        if !self.subscribed {
            return self.subscribe(channel).await;
        }
        tokio::select! {
            biased;
            _connected = self.connects.recv() => {
                self.subscribed = false;
                None
            }
            message = self.messages.recv() => match message {
                Ok(message) => Some(news(&message.value)),
                Err(RecvError::Lagged(_)) => Some(PolicyNews::DropAll),
                Err(RecvError::Closed) => pending().await,
            },
            () = sleep(HEARTBEAT) => {
                // No answer: the driver gives the connection up.
                let _answer = self.client.ping::<Value>(None).await;
                None
            }
        }
    }

    /// Subscribes the connection of now. What was published before that is
    /// lost, so the first news is `DropAll`.
    async fn subscribe(&mut self, channel: &str) -> Option<PolicyNews> {
        if !self.client.is_connected() {
            let _connected = timeout(RETRY, self.connects.recv()).await;
            return None;
        }
        // Connects up to here are answered by this subscription.
        self.connects = self.connects.resubscribe();
        if subscribe(&self.client, channel).await.is_err() {
            sleep(RETRY).await;
            return None;
        }
        self.subscribed = true;
        Some(PolicyNews::DropAll)
    }
}

/// The driver does not wait for the server's word that it subscribed; a command
/// on the same connection does.
async fn subscribe(client: &Client, channel: &str) -> Result<(), Error> {
    client.subscribe(channel).await?;
    client.ping::<Value>(None).await?;
    Ok(())
}

fn text(news: PolicyNews) -> String {
    match news {
        PolicyNews::Changed(organization, revision) => format!("changed:{organization}:{revision}"),
        PolicyNews::DropAll => "drop_all".to_owned(),
    }
}

/// What this version does not understand may be anything.
fn news(value: &Value) -> PolicyNews {
    let text = value.as_str();
    let changed = text.as_deref().and_then(changed);
    changed.unwrap_or(PolicyNews::DropAll)
}

fn changed(text: &str) -> Option<PolicyNews> {
    let (organization, revision) = text.strip_prefix("changed:")?.split_once(':')?;
    let organization = OrganizationId::new(organization.parse().ok()?).ok()?;
    let revision = PolicyRevision::new(revision.parse().ok()?);
    Some(PolicyNews::Changed(organization, revision))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_reads_back_as_it_was_told() {
        let changed = PolicyNews::Changed(OrganizationId::DEFAULT, PolicyRevision::new(42));
        for told in [changed, PolicyNews::DropAll] {
            assert_eq!(news(&Value::from(text(told))), told);
        }
    }

    #[test]
    fn news_that_is_not_understood_drops_all() {
        for odd in [
            "",
            "changed:0:1",
            "changed:1",
            "changed:1:2:3",
            "renamed:1:2",
        ] {
            assert_eq!(news(&Value::from(odd)), PolicyNews::DropAll, "{odd}");
        }
        assert_eq!(news(&Value::Null), PolicyNews::DropAll);
    }
}
