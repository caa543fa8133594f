//! Rate limits of all instances together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::IdSource;
use auth_domain::security::{Bucket, RateLimited, RateLimiter, Ticket, Verdict};
use fred::prelude::{KeysInterface as _, SortedSetsInterface as _};

use crate::connection::RedisConnection;
use crate::errors::port_error;
use crate::script::Script;

/// A log of the times of the events of each bucket, `rate:{rule}:{subject}`,
/// on the server's clock.
pub struct RedisRateLimiter {
    connection: RedisConnection,
    ids: Arc<dyn IdSource>,
    take: Script,
}

impl RedisRateLimiter {
    /// A limiter on a connection.
    pub fn new(connection: RedisConnection, ids: Arc<dyn IdSource>) -> Self {
        let take = Script::new(include_str!("take.lua"));
        Self {
            connection,
            ids,
            take,
        }
    }
}

impl fmt::Debug for RedisRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisRateLimiter")
            .field(&self.connection)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn take(&self, bucket: &Bucket) -> Result<Verdict, PortError> {
        let ticket = format!("{:016x}", self.ids.random());
        if bucket.quota.limit == 0 {
            return Ok(Verdict::Granted(Ticket(ticket)));
        }
        let args = vec![
            bucket.quota.limit.to_string(),
            bucket.quota.window.as_micros().to_string(),
            ticket.clone(),
        ];
        let key = self.connection.keys().rate(bucket.rule, &bucket.subject);
        let wait = self.connection.run(&self.take, key, args).await?;
        match u64::try_from(wait) {
            Ok(wait @ 1..) => Ok(Verdict::Refused(RateLimited {
                rule: bucket.rule,
                quota: bucket.quota,
                retry_after: Duration::from_micros(wait),
            })),
            _ => Ok(Verdict::Granted(Ticket(ticket))),
        }
    }

    async fn give_back(&self, bucket: &Bucket, ticket: &Ticket) -> Result<(), PortError> {
        if bucket.quota.limit == 0 {
            return Ok(());
        }
        let key = self.connection.keys().rate(bucket.rule, &bucket.subject);
        let removal = self.connection.client().zrem(key, ticket.0.as_str());
        self.connection.answer(removal).await.map_err(port_error)
    }

    async fn clear(&self, bucket: &Bucket) -> Result<(), PortError> {
        if bucket.quota.limit == 0 {
            return Ok(());
        }
        let key = self.connection.keys().rate(bucket.rule, &bucket.subject);
        let removal = self.connection.client().del(key);
        self.connection.answer(removal).await.map_err(port_error)
    }
}
