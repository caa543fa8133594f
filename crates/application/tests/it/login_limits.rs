//! Limits of failed sign-ins, seen from the ports.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_application::error::{ErrorKind, Infrastructure, UseCaseError as _};
use auth_application::identity::{AuthError, SignIn};
use auth_domain::identity::{HashError, MockPasswordHasher};
use auth_domain::ids::SessionId;
use auth_domain::security::{LimitRule, LoginSubject};
use auth_testkit::clock::ManualClock;

use crate::fakes::{FakeStore, MockReads};
use crate::login_mocks::{
    HOME, WRONG, active, failing, known, login, login_from, reads, service, service_at,
};
use crate::parts::NAME_HASH;

/// A service of Ana's account that compares wrongly `compared` times and writes
/// as many rows, no more.
fn attacked(compared: usize) -> SignIn {
    let mut reads = MockReads::default();
    reads
        .users
        .expect_find_credentials()
        .returning(|_| Ok(Some(active("hash"))));
    reads
        .logins
        .expect_familiar_addresses()
        .returning(|_| Ok(vec![HOME.parse().unwrap()]));
    let rows = (0..compared).map(|_| failing(known())).collect();
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .times(compared)
        .returning(|_, _| Ok(WRONG));
    service(FakeStore::with(reads, rows), hasher)
}

#[track_caller]
fn refused_by(outcome: Result<SessionId, AuthError>) -> LimitRule {
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.code(), error.kind()),
        ("rate_limited", ErrorKind::TooMany)
    );
    let Some(Infrastructure::Limited(refusal)) = error.infrastructure() else {
        unreachable!("the code is that of a limit");
    };
    refusal.rule
}

#[tokio::test]
async fn an_attempt_over_the_limit_costs_no_hash_and_writes_nothing() {
    let service = attacked(2);
    for _ in 0..2 {
        let refused = login(&service).await.unwrap_err();
        assert!(matches!(refused, AuthError::InvalidCredentials));
    }
    assert_eq!(refused_by(login(&service).await), LimitRule::LoginPair);
}

#[tokio::test]
async fn an_attacker_elsewhere_does_not_lock_the_owner_out() {
    let service = attacked(4);
    for address in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        let refused = login_from(&service, address).await.unwrap_err();
        assert!(matches!(refused, AuthError::InvalidCredentials));
    }
    let from_afar = login_from(&service, "198.51.100.4").await;
    assert_eq!(refused_by(from_afar), LimitRule::LoginAccount);
    let at_home = login_from(&service, HOME).await.unwrap_err();
    assert!(
        matches!(at_home, AuthError::InvalidCredentials),
        "{at_home}"
    );
}

#[tokio::test]
async fn an_attempt_that_was_not_compared_does_not_count() {
    let mut reads = MockReads::default();
    reads
        .users
        .expect_find_credentials()
        .returning(|_| Ok(Some(active("hash"))));
    reads
        .logins
        .expect_familiar_addresses()
        .returning(|_| Ok(vec![]));
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .times(5)
        .returning(|_, _| Err(HashError::Busy));
    let service = service(FakeStore::with(reads, vec![]), hasher);
    for _ in 0..5 {
        assert_eq!(login(&service).await.unwrap_err().code(), "busy");
    }
}

#[tokio::test]
async fn a_refusal_takes_ten_milliseconds_beside_the_hash() {
    let clock = Arc::new(ManualClock::default());
    let hashing = Arc::clone(&clock);
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(move |_, _| {
        hashing.advance(Duration::from_secs(1));
        Ok(WRONG)
    });
    let row = failing(LoginSubject::Unknown(NAME_HASH));
    let store = FakeStore::with(reads(None), vec![row]);
    let service = service_at(clock, store, hasher);
    let began = Instant::now();
    let refused = login(&service).await.unwrap_err();
    assert!(matches!(refused, AuthError::InvalidCredentials));
    assert!(began.elapsed() >= Duration::from_millis(10));
}
