//! `RateLimiter`.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::ids::SessionId;
use auth_domain::security::{Bucket, LimitRule, Quota, RateLimiter, Subject, Ticket, Verdict};
use futures::future::join_all;

/// Short, for limiters on a clock that cannot be set; long enough for a busy
/// machine to fit what a case does into half of it.
const WINDOW: Duration = Duration::from_millis(1_600);

/// A limiter that has counted nothing.
#[async_trait]
pub trait RateLimiterSubject: Send + Sync {
    fn limiter(&self) -> &dyn RateLimiter;

    /// Lets time pass for the limiter.
    async fn wait(&self, time: Duration);
}

/// One test for each case; `$fresh` is the path of an async function that
/// makes a [`RateLimiterSubject`].
#[macro_export]
macro_rules! rate_limiter_contract {
    ($fresh:path) => {
        $crate::contract_cases!($fresh, rate_limiter: [
            a_full_bucket_refuses_and_says_when_to_come_again,
            an_event_is_forgotten_when_its_window_has_passed,
            a_refused_event_does_not_count,
            what_is_given_back_never_happened,
            a_cleared_bucket_is_as_new_and_no_other_is_touched,
            rules_and_subjects_do_not_touch_each_other,
            many_at_once_get_no_more_than_the_quota,
            a_limit_of_zero_is_no_limit,
            a_lowered_limit_holds_at_once,
        ]);
    };
}

fn bucket(rule: LimitRule, session: i64, limit: u32) -> Bucket {
    Bucket {
        rule,
        subject: Subject::session(SessionId::new(session).unwrap()),
        quota: Quota {
            limit,
            window: WINDOW,
        },
    }
}

async fn take(s: &dyn RateLimiterSubject, bucket: &Bucket) -> Result<Ticket, Duration> {
    match s.limiter().take(bucket).await.unwrap() {
        Verdict::Granted(ticket) => Ok(ticket),
        Verdict::Refused(refusal) => {
            assert_eq!((refusal.rule, refusal.quota), (bucket.rule, bucket.quota));
            Err(refusal.retry_after)
        }
    }
}

pub async fn a_full_bucket_refuses_and_says_when_to_come_again(s: &dyn RateLimiterSubject) {
    let bucket = bucket(LimitRule::Rotation, 1, 3);
    for _ in 0..3 {
        take(s, &bucket).await.unwrap();
    }
    let again = take(s, &bucket).await.unwrap_err();
    assert!(again > Duration::ZERO && again <= WINDOW, "{again:?}");
    s.wait(again).await;
    take(s, &bucket).await.unwrap();
}

pub async fn an_event_is_forgotten_when_its_window_has_passed(s: &dyn RateLimiterSubject) {
    let bucket = bucket(LimitRule::Rotation, 1, 2);
    take(s, &bucket).await.unwrap();
    s.wait(WINDOW / 2).await;
    take(s, &bucket).await.unwrap();
    take(s, &bucket).await.unwrap_err();
    // The first is gone, the second is not: the window slides.
    s.wait(WINDOW / 2).await;
    take(s, &bucket).await.unwrap();
    take(s, &bucket).await.unwrap_err();
}

pub async fn a_refused_event_does_not_count(s: &dyn RateLimiterSubject) {
    let bucket = bucket(LimitRule::Rotation, 1, 1);
    take(s, &bucket).await.unwrap();
    let first = take(s, &bucket).await.unwrap_err();
    for _ in 0..20 {
        let later = take(s, &bucket).await.unwrap_err();
        assert!(later <= first, "{later:?} after {first:?}");
    }
    s.wait(first).await;
    take(s, &bucket).await.unwrap();
}

pub async fn what_is_given_back_never_happened(s: &dyn RateLimiterSubject) {
    let bucket = bucket(LimitRule::Rotation, 1, 2);
    let first = take(s, &bucket).await.unwrap();
    take(s, &bucket).await.unwrap();
    for _again_changes_nothing in 0..2 {
        s.limiter().give_back(&bucket, &first).await.unwrap();
    }
    take(s, &bucket).await.unwrap();
    take(s, &bucket).await.unwrap_err();
}

pub async fn rules_and_subjects_do_not_touch_each_other(s: &dyn RateLimiterSubject) {
    let one = bucket(LimitRule::Rotation, 1, 1);
    take(s, &one).await.unwrap();
    take(s, &bucket(LimitRule::Rotation, 2, 1)).await.unwrap();
    take(s, &bucket(LimitRule::WrongToken, 1, 1)).await.unwrap();
    take(s, &one).await.unwrap_err();
}

pub async fn many_at_once_get_no_more_than_the_quota(s: &dyn RateLimiterSubject) {
    let bucket = bucket(LimitRule::Rotation, 1, 10);
    let bucket = Bucket {
        quota: Quota {
            window: Duration::from_mins(1),
            ..bucket.quota
        },
        ..bucket
    };
    let taken = join_all((0..100).map(|_| take(s, &bucket))).await;
    assert_eq!(taken.iter().filter(|verdict| verdict.is_ok()).count(), 10);
}

pub async fn a_limit_of_zero_is_no_limit(s: &dyn RateLimiterSubject) {
    let bucket = bucket(LimitRule::Rotation, 1, 0);
    for _ in 0..50 {
        take(s, &bucket).await.unwrap();
    }
}

pub async fn a_lowered_limit_holds_at_once(s: &dyn RateLimiterSubject) {
    for _ in 0..5 {
        take(s, &bucket(LimitRule::Rotation, 1, 5)).await.unwrap();
    }
    let lowered = bucket(LimitRule::Rotation, 1, 2);
    let again = take(s, &lowered).await.unwrap_err();
    assert!(again <= WINDOW, "{again:?}");
    s.wait(again).await;
    take(s, &lowered).await.unwrap();
}

pub async fn a_cleared_bucket_is_as_new_and_no_other_is_touched(s: &dyn RateLimiterSubject) {
    let [one, other] = [1, 2].map(|session| bucket(LimitRule::Rotation, session, 2));
    s.limiter().clear(&one).await.unwrap();
    let old = take(s, &one).await.unwrap();
    for bucket in [&one, &other, &other] {
        take(s, bucket).await.unwrap();
    }
    take(s, &one).await.unwrap_err();
    s.limiter().clear(&one).await.unwrap();
    take(s, &one).await.unwrap();
    // It is not there any more, and makes no room.
    s.limiter().give_back(&one, &old).await.unwrap();
    take(s, &one).await.unwrap();
    take(s, &one).await.unwrap_err();
    take(s, &other).await.unwrap_err();
}
