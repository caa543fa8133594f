//! Rate limits that outlive their server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::security::{Bucket, RateLimiter, Ticket, Verdict};
use metrics::{Counter, counter};

const FALLBACK: &str = "auth_rate_limiter_fallback_total";

/// What the tickets of each limiter begin with.
const BY_PRIMARY: &str = "primary:";
const BY_FALLBACK: &str = "fallback:";

/// Counts with a limiter, and with another one while that one fails: limits
/// hold for each process alone then, rather than not at all. It fails only if
/// both do.
#[derive(Debug)]
pub struct FallbackRateLimiter {
    primary: Arc<dyn RateLimiter>,
    fallback: Arc<dyn RateLimiter>,
    /// Whether the primary failed the last time.
    fell_back: AtomicBool,
    counted: Counter,
}

impl FallbackRateLimiter {
    /// A limiter over two. Events that the fallback was asked about are
    /// counted by the metrics recorder in force now.
    pub fn new(primary: Arc<dyn RateLimiter>, fallback: Arc<dyn RateLimiter>) -> Self {
        metrics::describe_counter!(
            FALLBACK,
            "Events that were counted by this process alone: Redis did not answer."
        );
        Self {
            primary,
            fallback,
            fell_back: AtomicBool::new(false),
            counted: counter!(FALLBACK),
        }
    }

    fn primary_failed(&self, error: &PortError) {
        if !self.fell_back.swap(true, Ordering::Relaxed) {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, "rate limits are counted by this process alone");
        }
    }

    fn primary_answered(&self, bucket: &Bucket) {
        // A limiter asks no server about a bucket without limit. The flag is read
        // first: this is on the path of every request that is counted.
        let asked = bucket.quota.limit > 0;
        if asked
            && self.fell_back.load(Ordering::Relaxed)
            && self.fell_back.swap(false, Ordering::Relaxed)
        {
            tracing::info!("rate limits are counted by all processes together again");
        }
    }
}

#[async_trait]
impl RateLimiter for FallbackRateLimiter {
    async fn take(&self, bucket: &Bucket) -> Result<Verdict, PortError> {
        match self.primary.take(bucket).await {
            Ok(verdict) => {
                self.primary_answered(bucket);
                Ok(marked(verdict, BY_PRIMARY))
            }
            Err(error) => {
                self.primary_failed(&error);
                self.counted.increment(1);
                let verdict = self.fallback.take(bucket).await?;
                Ok(marked(verdict, BY_FALLBACK))
            }
        }
    }

    /// Each limiter gets its own tickets back. One of the primary that cannot
    /// be reached stays counted until its window has passed.
    async fn give_back(&self, bucket: &Bucket, ticket: &Ticket) -> Result<(), PortError> {
        if let Some(ticket) = unmarked(ticket, BY_FALLBACK) {
            return self.fallback.give_back(bucket, &ticket).await;
        }
        let Some(ticket) = unmarked(ticket, BY_PRIMARY) else {
            return Ok(());
        };
        match self.primary.give_back(bucket, &ticket).await {
            Ok(()) => self.primary_answered(bucket),
            Err(error) => self.primary_failed(&error),
        }
        Ok(())
    }

    /// Events can be in both.
    async fn clear(&self, bucket: &Bucket) -> Result<(), PortError> {
        match self.primary.clear(bucket).await {
            Ok(()) => self.primary_answered(bucket),
            Err(error) => self.primary_failed(&error),
        }
        self.fallback.clear(bucket).await
    }
}

fn marked(verdict: Verdict, mark: &str) -> Verdict {
    match verdict {
        Verdict::Granted(Ticket(ticket)) => Verdict::Granted(Ticket(format!("{mark}{ticket}"))),
        refused @ Verdict::Refused(_) => refused,
    }
}

fn unmarked(ticket: &Ticket, mark: &str) -> Option<Ticket> {
    let ticket = ticket.0.strip_prefix(mark)?;
    Some(Ticket(ticket.to_owned()))
}
