//! The connection that all adapters share, and the few commands they need.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::error::PortError;
use fred::error::Error;
use fred::prelude::{
    Client, ClientLike as _, Config, ConnectionConfig, ErrorKind, Expiration, KeysInterface as _,
    LuaInterface as _, PerformanceConfig, ReconnectPolicy, ServerConfig, TcpConfig,
};
use fred::types::RespVersion;
use fred::types::config::UnresponsiveConfig;
use futures::future::try_join_all;
use secrecy::ExposeSecret as _;

use crate::errors::{is_of_unfit_server, port_error, readable};
use crate::keys::Keys;
use crate::link::{Link, Purpose};
use crate::options::RedisOptions;
use crate::script::Script;
use crate::seal::Seal;

/// The first wait before connecting again, doubled each time, and the longest;
/// both in milliseconds.
const BACK_OFF: (u32, u32) = (20, 2_000);
/// At most so many milliseconds are added to a wait by chance, so that
/// instances do not come back all at once.
const JITTER: u32 = 100;
/// A connection that is silent for this long while an answer is due is given
/// up, as is an attempt to connect.
const SILENCE: Duration = Duration::from_secs(1);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How much news is kept for a listener; past it the oldest go.
const MAX_NEWS: usize = 256;
/// Nothing is kept for longer, whatever is asked for.
const LONGEST_LIFE: Duration = Duration::from_hours(24 * 365);

/// A connection to one server; clones share it. It ends with the last clone.
#[derive(Clone)]
pub struct RedisConnection(Arc<Shared>);

struct Shared {
    options: RedisOptions,
    keys: Keys,
    seal: Seal,
    client: Client,
    link: Link,
}

impl RedisConnection {
    /// Begins to connect, in the background, and tries again for ever. To be
    /// called in a Tokio runtime.
    pub fn connect(options: RedisOptions) -> Self {
        let client = client(&options);
        Self(Arc::new(Shared {
            keys: Keys::new(&options.key_prefix),
            seal: Seal::new(&options.seal_key),
            link: Link::keep(client.clone(), Purpose::Commands),
            client,
            options,
        }))
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn database(&self) -> u8 {
        self.0.options.database
    }

    /// A client for a subscription, with a connection of its own.
    pub(crate) fn subscriber(&self) -> Client {
        client(&self.0.options)
    }

    /// The client, to make commands for [`RedisConnection::answer`].
    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    /// The answer to a command, which is sent only if there is a connection.
    pub(crate) async fn answer<T>(
        &self,
        command: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if self.0.link.is_up() && self.0.client.is_connected() {
            let answer = command.await;
            if answer.as_ref().err().is_some_and(is_of_unfit_server) {
                self.0.link.doubt();
            }
            return answer;
        }
        Err(Error::new(ErrorKind::IO, "not connected"))
    }

    /// A text that an instance sealed; `Ok(None)`: there is none.
    pub(crate) async fn get_sealed(&self, key: String) -> Result<Option<String>, PortError> {
        let sealed = self.get(key.clone()).await?;
        Ok(sealed.and_then(|sealed| Some(self.0.seal.open(&key, &sealed)?.to_owned())))
    }

    /// Seals a text and keeps it in the place of what is there.
    pub(crate) async fn set_sealed(
        &self,
        key: String,
        text: &str,
        life: Duration,
    ) -> Result<(), PortError> {
        let sealed = self.0.seal.close(&key, text);
        self.set(key, sealed, life).await
    }

    /// A text; `Ok(None)`: there is none.
    pub(crate) async fn get(&self, key: String) -> Result<Option<String>, PortError> {
        readable(self.answer(self.client().get(key)).await)
    }

    /// Keeps a text in the place of what is there.
    pub(crate) async fn set(
        &self,
        key: String,
        value: String,
        life: Duration,
    ) -> Result<(), PortError> {
        let Some(life) = milliseconds(life) else {
            return self.delete([key]).await;
        };
        let expiry = Some(Expiration::PX(life));
        let set = self.client().set(key, value, expiry, None, false);
        self.answer(set).await.map_err(port_error)
    }

    /// Deletes keys, each by a command of its own: one command over many keys
    /// is refused by a cluster.
    pub(crate) async fn delete(
        &self,
        keys: impl IntoIterator<Item = String>,
    ) -> Result<(), PortError> {
        let deletes = keys.into_iter().map(|key| self.client().del::<(), _>(key));
        let deleted = self.answer(try_join_all(deletes)).await;
        deleted.map(drop).map_err(port_error)
    }

    /// Runs a script over one key. A server that does not know it gets it.
    pub(crate) async fn run(
        &self,
        script: &Script,
        key: String,
        args: Vec<String>,
    ) -> Result<i64, PortError> {
        let client = self.client();
        let answer = self.answer(async {
            let known = client.evalsha(script.hash.as_str(), key.as_str(), args.clone());
            match known.await {
                Err(error) if error.details().starts_with("NOSCRIPT") => {
                    client.eval(script.lua, key.as_str(), args).await
                }
                answer => answer,
            }
        });
        let answer = tokio::time::timeout(self.0.options.command_timeout, answer).await;
        let in_time = answer.map_err(|late| PortError::Unavailable(late.into()))?;
        in_time.map_err(port_error)
    }
}

impl fmt::Debug for RedisConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisConnection")
            .field(&self.0.options)
            .finish()
    }
}

/// A life in whole milliseconds, never longer than asked for; `None`: shorter
/// than one.
pub(crate) fn milliseconds(life: Duration) -> Option<i64> {
    let life = life.min(LONGEST_LIFE).as_millis();
    i64::try_from(life).ok().filter(|life| *life > 0)
}

fn client(options: &RedisOptions) -> Client {
    let config = Config {
        fail_fast: false,
        server: ServerConfig::new_centralized(options.host.as_str(), options.port),
        username: options.user.as_deref().map(one_word),
        password: password(options),
        database: Some(options.database),
        // In RESP2 the driver takes an array that begins with a word like
        // `subscribe` for news, and mistakes every answer after it.
        version: RespVersion::RESP3,
        ..Config::default()
    };
    let performance = PerformanceConfig {
        default_command_timeout: options.command_timeout.max(Duration::from_millis(1)),
        broadcast_channel_capacity: MAX_NEWS,
        ..PerformanceConfig::default()
    };
    let connection = ConnectionConfig {
        connection_timeout: SILENCE,
        internal_command_timeout: SILENCE,
        max_command_attempts: 1,
        reconnect_on_auth_error: true,
        unresponsive: UnresponsiveConfig {
            max_timeout: Some(SILENCE),
            interval: LOOK_EVERY,
        },
        tcp: TcpConfig {
            nodelay: Some(true),
            ..TcpConfig::default()
        },
        ..ConnectionConfig::default()
    };
    let (first, longest) = BACK_OFF;
    let mut policy = ReconnectPolicy::new_exponential(0, first, longest, 2);
    policy.set_jitter(JITTER);
    Client::new(config, Some(performance), Some(connection), Some(policy))
}

fn password(options: &RedisOptions) -> Option<String> {
    let password = options.password.as_ref();
    password.map(|password| one_word(password.expose_secret()))
}

/// The driver writes user and password into a line, which the server splits
/// into words: a text that is not one word is quoted, as the server reads it.
fn one_word(text: &str) -> String {
    let splits = |c: char| c.is_ascii_whitespace() || c.is_ascii_control() || c == '"' || c == '\'';
    if !text.contains(splits) {
        return text.to_owned();
    }
    let quoted = text.chars().map(|character| match character {
        '"' | '\\' => format!("\\{character}"),
        c if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
        other => other.to_string(),
    });
    format!("\"{}\"", quoted.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_would_split_is_quoted() {
        assert_eq!(one_word(r"pass\word$é"), r"pass\word$é");
        assert_eq!(one_word("two words"), r#""two words""#);
        assert_eq!(one_word("a\"b'c\\d\r\n"), r#""a\"b'c\\d\x0d\x0a""#);
    }
}
