//! The feature flags of organizations.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::flags::{FlagCache, Flags};
use auth_domain::ids::OrganizationId;
use fred::prelude::HashesInterface as _;

use crate::connection::{RedisConnection, milliseconds};
use crate::errors::readable;
use crate::script::Script;

/// A field that is always there: it tells an organization without flags from
/// one that was not put, and our hash from the predecessor's, which has none.
const MARK: &str = "";

/// A hash for each organization, `feature_flags:{organization}`, with `1` or
/// `0` for each name.
pub struct RedisFlagCache {
    connection: RedisConnection,
    put: Script,
}

impl RedisFlagCache {
    /// A cache on a connection.
    pub fn new(connection: RedisConnection) -> Self {
        let put = Script::new(include_str!("put_flags.lua"));
        Self { connection, put }
    }
}

impl fmt::Debug for RedisFlagCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisFlagCache")
            .field(&self.connection)
            .finish()
    }
}

#[async_trait]
impl FlagCache for RedisFlagCache {
    async fn get(&self, organization: OrganizationId) -> Result<Option<Flags>, PortError> {
        let key = self.connection.keys().flags(organization);
        let hash = self.connection.client().hgetall(key);
        let hash = readable(self.connection.answer(hash).await.map(Some))?;
        Ok(hash.and_then(flags))
    }

    async fn put(
        &self,
        organization: OrganizationId,
        flags: &Flags,
        life: Duration,
    ) -> Result<(), PortError> {
        // A flag without a name would be the mark: it is left to the store.
        let life = milliseconds(life).filter(|_| !flags.contains_key(MARK));
        let Some(life) = life else {
            return self.forget(organization).await;
        };
        let mut args = vec![life.to_string(), MARK.to_owned(), "1".to_owned()];
        for (name, value) in flags {
            args.push(name.clone());
            args.push(u8::from(*value).to_string());
        }
        let key = self.connection.keys().flags(organization);
        self.connection.run(&self.put, key, args).await?;
        Ok(())
    }

    async fn forget(&self, organization: OrganizationId) -> Result<(), PortError> {
        let key = self.connection.keys().flags(organization);
        self.connection.delete([key]).await
    }
}

/// The flags in a hash; `None`: it is not there, or not one of ours.
fn flags(mut hash: HashMap<String, String>) -> Option<Flags> {
    hash.remove(MARK)?;
    let flags = hash.into_iter().map(|(name, value)| match value.as_str() {
        "1" => Some((name, true)),
        "0" => Some((name, false)),
        _ => None,
    });
    flags.collect()
}
