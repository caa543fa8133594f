//! The limiter.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_crypto::SystemIds;
use auth_domain::ids::UserId;
use auth_domain::security::{Bucket, LimitRule, Quota, RateLimiter, Subject, Ticket, Verdict};
use auth_redis::RedisRateLimiter;
use auth_testkit::contracts::rate_limiter::RateLimiterSubject;
use auth_testkit::redis::TestRedis;
use futures::future::join_all;

use crate::support::connect;

struct Limiter {
    redis: TestRedis,
    limiter: RedisRateLimiter,
}

async fn fresh() -> Limiter {
    let redis = TestRedis::new().await;
    let limiter = RedisRateLimiter::new(connect(&redis).await, Arc::new(SystemIds));
    Limiter { redis, limiter }
}

#[async_trait]
impl RateLimiterSubject for Limiter {
    fn limiter(&self) -> &dyn RateLimiter {
        &self.limiter
    }

    async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

auth_testkit::rate_limiter_contract!(super::fresh);

fn bucket(limit: u32, window: Duration) -> Bucket {
    Bucket {
        rule: LimitRule::PasswordReset,
        subject: Subject::user(UserId::new(7).unwrap()),
        quota: Quota { limit, window },
    }
}

async fn take(limiter: &RedisRateLimiter, bucket: &Bucket) -> Option<Ticket> {
    match limiter.take(bucket).await.unwrap() {
        Verdict::Granted(ticket) => Some(ticket),
        Verdict::Refused(_) => None,
    }
}

#[tokio::test]
async fn a_bucket_is_one_key_that_ends_with_its_window() {
    let s = fresh().await;
    let bucket = bucket(2, Duration::from_mins(15));
    for _ in 0..4 {
        take(&s.limiter, &bucket).await;
        let key = format!("{}rate:password_reset:user:7", s.redis.prefix());
        let left: i64 = s.redis.run(&["PTTL", &key])[0].parse().unwrap();
        assert!((890_000..=900_001).contains(&left), "{left}");
    }
    let keys = format!("{}*", s.redis.prefix());
    let keys = s.redis.run(&["KEYS", &keys]);
    assert_eq!(keys.len(), 1, "{keys:?}");
    let counted = s.redis.run(&["ZCARD", &keys[0]]);
    assert_eq!(counted, ["2"], "what is refused leaves nothing");
}

#[tokio::test]
async fn what_is_given_back_leaves_no_key() {
    let s = fresh().await;
    let bucket = bucket(2, Duration::from_mins(15));
    let ticket = take(&s.limiter, &bucket).await.unwrap();
    s.limiter.give_back(&bucket, &ticket).await.unwrap();
    let keys = format!("{}*", s.redis.prefix());
    assert_eq!(s.redis.run(&["KEYS", &keys]), [""; 0]);
}

#[tokio::test]
async fn instances_count_together() {
    let s = fresh().await;
    let other = RedisRateLimiter::new(connect(&s.redis).await, Arc::new(SystemIds));
    let bucket = bucket(10, Duration::from_mins(1));
    let takes = (0..40).map(|number| {
        let limiter = if number % 2 == 0 { &s.limiter } else { &other };
        take(limiter, &bucket)
    });
    let granted = join_all(takes).await.into_iter().flatten();
    let granted: Vec<Ticket> = granted.collect();
    assert_eq!(granted.len(), 10);
    // What one instance counted another gives back.
    for ticket in &granted {
        other.give_back(&bucket, ticket).await.unwrap();
    }
    assert!(take(&s.limiter, &bucket).await.is_some());
}
