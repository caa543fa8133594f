//! Limits of failed sign-ins, seen from the ports.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_application::error::{ErrorKind, Infrastructure, UseCaseError as _};
use auth_application::identity::{AuthError, SignIn};
use auth_domain::identity::{HashError, MockPasswordHasher, Verification};
use auth_domain::ids::SessionId;
use auth_domain::organizations::LicenseStatus;
use auth_domain::security::{LimitRule, LoginSubject};
use auth_domain::users::UserStatus;
use auth_testkit::clock::ManualClock;

use crate::fakes::{FakeStore, MockReads};
use crate::login_mocks::{
    HOME, RIGHT, WRONG, active, credentials, failing, knowing_home, known, login, login_from,
    reads, service, service_at,
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
    knowing_home(&mut reads);
    let rows = (0..compared).map(|_| failing(known())).collect();
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .times(compared)
        .returning(|_, _| Ok(WRONG));
    hasher.expect_slowest().returning(|_| Ok(Duration::ZERO));
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
    // It is compared, and a wrong password is answered as anywhere.
    let at_home = login_from(&service, HOME).await;
    assert_eq!(refused_by(at_home), LimitRule::LoginAccount);
}

#[tokio::test]
async fn an_attempt_that_was_not_compared_does_not_count() {
    let mut reads = MockReads::default();
    reads
        .users
        .expect_find_credentials()
        .returning(|_| Ok(Some(active("hash"))));
    knowing_home(&mut reads);
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

/// A hasher that compares within a second and says that the slowest
/// comparison takes 40 ms.
fn slow_hasher(clock: &Arc<ManualClock>, answer: Verification) -> MockPasswordHasher {
    let hashing = Arc::clone(clock);
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(move |_, _| {
        // It waited for a thread.
        hashing.advance(Duration::from_secs(1));
        Ok(answer)
    });
    let slowest = |_| Ok(Duration::from_millis(40));
    hasher.expect_slowest().times(0..=1).returning(slowest);
    hasher
}

/// A quarter more than the slowest comparison, and 10 ms.
const REFUSAL: Duration = Duration::from_millis(60);

#[tokio::test]
async fn every_refusal_takes_as_long_as_the_slowest_comparison() {
    let suspended = credentials(UserStatus::Active, LicenseStatus::Suspended, "hash");
    let deactivated = credentials(UserStatus::Inactive, LicenseStatus::Active, "hash");
    let unknown = failing(LoginSubject::Unknown(NAME_HASH));
    for (found, rows, answer, code) in [
        (None, vec![unknown], WRONG, "invalid_credentials"),
        (
            Some(active("hash")),
            vec![failing(known())],
            WRONG,
            "invalid_credentials",
        ),
        (Some(suspended), vec![], RIGHT, "organization_suspended"),
        (Some(deactivated), vec![], RIGHT, "account_inactive"),
    ] {
        let clock = Arc::new(ManualClock::default());
        let hasher = slow_hasher(&clock, answer);
        let service = service_at(clock, FakeStore::with(reads(found), rows), hasher);
        let began = Instant::now();
        assert_eq!(login(&service).await.unwrap_err().code(), code);
        assert!(began.elapsed() >= REFUSAL, "{code}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_refusal_by_a_limit_takes_as_long() {
    let mut reads = MockReads::default();
    let found = |_: &_| Ok(Some(active("hash")));
    reads.users.expect_find_credentials().returning(found);
    knowing_home(&mut reads);
    let clock = Arc::new(ManualClock::default());
    let hasher = slow_hasher(&clock, WRONG);
    let rows = vec![failing(known()), failing(known())];
    let service = service_at(clock, FakeStore::with(reads, rows), hasher);
    for _ in 0..2 {
        login(&service).await.unwrap_err();
    }
    let began = Instant::now();
    assert_eq!(refused_by(login(&service).await), LimitRule::LoginPair);
    assert!(began.elapsed() >= REFUSAL, "{:?}", began.elapsed());
}
