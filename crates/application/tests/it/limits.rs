//! Limits: which count asks for how much, and what is taken back.

use std::sync::Arc;
use std::time::Duration;

use auth_application::error::Infrastructure;
use auth_application::security::{Limits, Quotas};
use auth_domain::error::PortError;
use auth_domain::security::{
    LimitRule, MockRateLimiter, Quota, RateLimited, Subject, Ticket, Verdict,
};

use crate::acme::refused;
use crate::recorder::Recorded;

const QUOTAS: Quotas = Quotas {
    login_pair: 1,
    login_account: 2,
    login_address: 3,
    registration: 4,
    forgotten_password: 5,
    password_reset: 6,
    wrong_token: 7,
    rotation: 8,
    wrong_secret: 9,
    sign_in: 10,
    verification_mail: 11,
    wrong_refresh_token: 12,
    address_change: 13,
    taken_name: 14,
};

fn subject() -> Subject {
    Subject::address(None)
}

fn granted(ticket: &str) -> Verdict {
    Verdict::Granted(Ticket(ticket.to_owned()))
}

fn full(rule: LimitRule) -> Verdict {
    Verdict::Refused(RateLimited {
        rule,
        quota: QUOTAS.of(rule),
        retry_after: Duration::from_secs(7),
    })
}

fn limits(limiter: MockRateLimiter) -> Limits {
    Limits::new(Arc::new(limiter), QUOTAS)
}

/// Grants pairs, and answers `second` to accounts. What it granted is to be
/// taken back once.
fn taking_back(second: fn() -> Result<Verdict, PortError>) -> MockRateLimiter {
    let mut limiter = MockRateLimiter::new();
    limiter.expect_take().returning(move |bucket| {
        if bucket.rule == LimitRule::LoginPair {
            Ok(granted("pair"))
        } else {
            second()
        }
    });
    limiter
        .expect_give_back()
        .times(1)
        .withf(|bucket, ticket| bucket.rule == LimitRule::LoginPair && ticket.0 == "pair")
        .returning(|_, _| Ok(()));
    limiter
}

const PAIR_AND_ACCOUNT: [LimitRule; 2] = [LimitRule::LoginPair, LimitRule::LoginAccount];

#[test]
fn every_rule_has_its_own_quota_and_window() {
    let minutes = |minutes| Duration::from_mins(minutes);
    for (rule, limit, window) in [
        (LimitRule::LoginPair, 1, minutes(15)),
        (LimitRule::LoginAccount, 2, minutes(15)),
        (LimitRule::LoginAddress, 3, minutes(15)),
        (LimitRule::Registration, 4, minutes(60)),
        (LimitRule::ForgottenPassword, 5, minutes(60)),
        (LimitRule::PasswordReset, 6, minutes(60)),
        (LimitRule::VerificationMail, 11, minutes(60)),
        (LimitRule::WrongToken, 7, minutes(15)),
        (LimitRule::Rotation, 8, minutes(1)),
        (LimitRule::WrongSecret, 9, minutes(15)),
        (LimitRule::SignIn, 10, minutes(15)),
        (LimitRule::WrongRefreshToken, 12, minutes(15)),
        (LimitRule::AddressChange, 13, minutes(60)),
        (LimitRule::TakenName, 14, minutes(15)),
    ] {
        assert_eq!(QUOTAS.of(rule), Quota { limit, window }, "{rule}");
        let limits = limits(MockRateLimiter::new());
        assert_eq!(limits.quota(rule), Quota { limit, window });
        assert_eq!(Quotas::NONE.of(rule).limit, 0);
    }
}

#[tokio::test]
async fn each_event_is_counted_in_its_bucket() {
    let mut limiter = MockRateLimiter::new();
    limiter
        .expect_take()
        .times(1)
        .withf(|bucket| {
            bucket.rule == LimitRule::WrongToken
                && bucket.subject == subject()
                && bucket.quota == QUOTAS.of(LimitRule::WrongToken)
        })
        .returning(|_| Ok(granted("one")));
    let taken = limits(limiter)
        .take([(LimitRule::WrongToken, subject())])
        .await;
    // It stays counted: nothing is given back.
    assert!(taken.is_ok());
}

#[tokio::test]
async fn what_has_no_limit_is_not_counted() {
    let limits = Limits::new(Arc::new(MockRateLimiter::new()), Quotas::NONE);
    let taken = limits.take([(LimitRule::WrongToken, subject())]);
    limits.give_back(taken.await.unwrap()).await;
}

#[tokio::test]
async fn a_full_bucket_takes_back_what_was_counted_before() {
    let limits = limits(taking_back(|| Ok(full(LimitRule::LoginAccount))));
    let wanted = PAIR_AND_ACCOUNT.map(|rule| (rule, subject()));
    let outcome = limits.take(wanted).await;
    refused(&outcome, "rate_limited");
    let Err(Infrastructure::Limited(refusal)) = outcome else {
        unreachable!("the code is that of a limit");
    };
    assert_eq!(refusal.rule, LimitRule::LoginAccount);
    assert_eq!(refusal.retry_after, Duration::from_secs(7));
}

#[tokio::test]
async fn a_limiter_that_fails_takes_back_what_was_counted_before() {
    let limits = limits(taking_back(|| {
        Err(PortError::Unavailable("no limiter".into()))
    }));
    let wanted = PAIR_AND_ACCOUNT.map(|rule| (rule, subject()));
    refused(&limits.take(wanted).await, "store_unavailable");
}

#[tokio::test]
async fn what_is_given_back_is_what_was_taken() {
    let mut limiter = MockRateLimiter::new();
    limiter
        .expect_take()
        .times(2)
        .returning(|bucket| Ok(granted(bucket.rule.as_str())));
    // One that cannot be forgotten does not keep the other.
    limiter
        .expect_give_back()
        .times(2)
        .withf(|bucket, ticket| ticket.0 == bucket.rule.as_str())
        .returning(|_, _| Err(PortError::Unavailable("no limiter".into())));
    let limits = limits(limiter);
    let wanted = PAIR_AND_ACCOUNT.map(|rule| (rule, subject()));
    let taken = limits.take(wanted).await.unwrap();
    limits.give_back(taken).await;
}

#[tokio::test]
async fn refusals_are_counted_by_their_rule() {
    let limits = limits(taking_back(|| Ok(full(LimitRule::LoginAccount))));
    let recorded = Recorded::default();
    let recording = recorded.here();
    let wanted = PAIR_AND_ACCOUNT.map(|rule| (rule, subject()));
    refused(&limits.take(wanted).await, "rate_limited");
    drop(recording);
    let expected = "auth_rate_limited_total{rule=login_account}".to_owned();
    assert_eq!(recorded.all("auth_rate_limited"), [(expected, 1.0)]);
}

#[test]
fn what_is_logged_of_limits_is_their_quotas() {
    let logged = format!("{:?}", limits(MockRateLimiter::new()));
    assert!(logged.contains("wrong_secret: 9"), "{logged}");
}
