//! Signing in, seen from the ports.

use std::sync::Arc;
use std::time::Duration;

use auth_application::error::{ErrorKind, Infrastructure, UseCaseError as _};
use auth_application::identity::{
    AuthError, AuthPorts, AuthService, NewPasswords, SessionLifetimes,
};
use auth_application::security::{Limits, Quotas};
use auth_domain::actor::Origin;
use auth_domain::identity::{
    AccessToken, Account, Credentials, HashError, LoginName, MockCommonPasswords,
    MockPasswordHasher, MockRefreshTokens, MockTokenIssuer, Password, PasswordHash, RefreshToken,
    Verification,
};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::organizations::{LicenseStatus, OrganizationKind};
use auth_domain::rbac::{MockPolicyEngine, PolicyRevision, SnapshotBuilder};
use auth_domain::security::{LimitRule, LoginNameHash, LoginSubject, MockLoginNameHasher};
use auth_domain::text::{PersonName, Username};
use auth_domain::users::{EmailAddress, UserStatus};
use auth_memory::MemoryRateLimiter;
use auth_testkit::clock::ManualClock;

use crate::fakes::{FakeStore, MockReads, MockTx};

const ORGANIZATION: OrganizationId = OrganizationId::DEFAULT;

fn user() -> UserId {
    UserId::new(7).unwrap()
}

fn credentials(status: UserStatus, license_status: LicenseStatus, hash: &str) -> Credentials {
    Credentials {
        account: Account {
            user_id: user(),
            organization_id: ORGANIZATION,
            organization_kind: OrganizationKind::Tenant,
            license_status,
            policy_revision: PolicyRevision::new(3),
            username: Username::parse("ana").unwrap(),
            first_name: PersonName::parse("Ana").unwrap(),
            last_name: None,
            email: EmailAddress::parse("ana@example.com").unwrap(),
            email_verified_at: None,
            status,
        },
        password_hash: Some(PasswordHash::new(hash.into())),
    }
}

fn active(hash: &str) -> Credentials {
    credentials(UserStatus::Active, LicenseStatus::Active, hash)
}

fn reads(found: Option<Credentials>) -> MockReads {
    let mut reads = MockReads::default();
    let users = &mut reads.users;
    users
        .expect_find_credentials()
        .times(1)
        .return_once(|_| Ok(found));
    reads
        .logins
        .expect_familiar_addresses()
        .returning(|_| Ok(vec![HOME.parse().unwrap()]));
    reads
}

/// Where Ana signed in from before.
const HOME: &str = "192.0.2.7";
const NAME_HASH: LoginNameHash = LoginNameHash([7; 32]);

/// A transaction that writes one failed sign-in of that subject and nothing
/// else.
fn failing(subject: LoginSubject) -> MockTx {
    let mut tx = MockTx::default();
    tx.logins
        .expect_append()
        .times(1)
        .withf(move |record| record.subject == subject && !record.success)
        .return_once(|_| Ok(()));
    tx
}

fn known() -> LoginSubject {
    LoginSubject::User(ORGANIZATION, user())
}

fn hasher(expected: Option<PasswordHash>, answer: Verification) -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .times(1)
        .withf(move |_, hash| *hash == expected)
        .return_once(move |_, _| Ok(answer));
    hasher
}

const RIGHT: Verification = Verification {
    matches: true,
    outdated: false,
};
const WRONG: Verification = Verification {
    matches: false,
    outdated: false,
};

fn service(store: FakeStore, hasher: MockPasswordHasher) -> AuthService {
    let mut policies = MockPolicyEngine::new();
    policies
        .expect_snapshot()
        .returning(|organization, at_least| {
            assert_eq!(
                at_least,
                Some(PolicyRevision::new(3)),
                "as fresh as the account"
            );
            let revision = PolicyRevision::new(3);
            Ok(Arc::new(
                SnapshotBuilder::new(organization, revision, true).build(),
            ))
        });
    let mut refresh_tokens = MockRefreshTokens::new();
    let generated = || Ok(RefreshToken::new("refresh".into()));
    refresh_tokens.expect_generate().returning(generated);
    let mut issuer = MockTokenIssuer::new();
    let access = |_: &_| Ok(AccessToken::new("access".into()));
    issuer.expect_issue().returning(access);
    let mut names = MockLoginNameHasher::new();
    names.expect_hash().return_const(NAME_HASH);
    let hour = Duration::from_hours(1);
    let clock = Arc::new(ManualClock::default());
    let limiter = MemoryRateLimiter::new(Arc::clone(&clock) as _);
    let hasher = Arc::new(hasher);
    let ports = AuthPorts {
        store: Arc::new(store),
        hasher: hasher.clone(),
        new_passwords: NewPasswords::new(hasher, Arc::new(MockCommonPasswords::new())),
        limits: Limits::new(Arc::new(limiter), QUOTAS),
        names: Arc::new(names),
        session_cache: None,
        issuer: Arc::new(issuer),
        refresh_tokens: Arc::new(refresh_tokens),
        policies: Arc::new(policies),
        clock,
    };
    let lifetimes = SessionLifetimes {
        access: hour,
        legacy_access: hour,
        refresh: hour * 24,
        absolute: hour * 48,
    };
    AuthService::new(ports, lifetimes)
}

/// Two for an account from one address, three for an account and four for an
/// address in all.
const QUOTAS: Quotas = Quotas {
    login_pair: 2,
    login_account: 3,
    login_address: 4,
    ..Quotas::NONE
};

async fn login(service: &AuthService) -> Result<SessionId, AuthError> {
    login_from(service, "198.51.100.1").await
}

async fn login_from(service: &AuthService, address: &str) -> Result<SessionId, AuthError> {
    let name = LoginName::parse("ana", 3).unwrap();
    let origin = Origin {
        ip: Some(address.parse().unwrap()),
        ..Origin::default()
    };
    let password = Password::attempt("secret");
    let signed_in = service.login(&origin, &name, &password).await;
    signed_in.map(|signed_in| signed_in.tokens.session_id)
}

/// A transaction that expects one whole sign-in of somebody with that hash.
fn signing_in(current: Credentials) -> MockTx {
    let mut tx = MockTx::default();
    tx.users
        .expect_record_login()
        .times(1)
        .return_once(|_, _| Ok(()));
    tx.users
        .expect_find_credentials()
        .times(1)
        .return_once(|_| Ok(Some(current)));
    let id = SessionId::new(11).unwrap();
    tx.sessions
        .expect_insert()
        .times(1)
        .return_once(move |_| Ok(id));
    tx.logins.expect_append().times(1).return_once(|_| Ok(()));
    tx.outbox
        .expect_append()
        .times(1)
        .withf(|_, event| event.event_type == "auth.login")
        .return_once(|_, _| Ok(auth_domain::events::EventId(uuid::Uuid::nil())));
    tx
}

#[tokio::test]
async fn an_unknown_name_costs_a_comparison_and_the_same_row() {
    let row = failing(LoginSubject::Unknown(NAME_HASH));
    let store = FakeStore::with(reads(None), vec![row]);
    let service = service(store, hasher(None, WRONG));
    let refused = login(&service).await.unwrap_err();
    assert!(matches!(refused, AuthError::InvalidCredentials));
}

#[tokio::test]
async fn the_state_of_an_account_shows_only_to_who_knows_its_password() {
    for (status, licence, expected) in [
        (
            UserStatus::Inactive,
            LicenseStatus::Active,
            "account_inactive",
        ),
        (
            UserStatus::Active,
            LicenseStatus::Suspended,
            "organization_suspended",
        ),
    ] {
        for (answer, expected) in [(WRONG, "invalid_credentials"), (RIGHT, expected)] {
            let found = credentials(status, licence, "hash");
            let hash = found.password_hash.clone();
            let rows = if answer == WRONG {
                vec![failing(known())]
            } else {
                vec![]
            };
            let store = FakeStore::with(reads(Some(found)), rows);
            let service = service(store, hasher(hash, answer));
            assert_eq!(login(&service).await.unwrap_err().code(), expected);
        }
    }
}

#[tokio::test]
async fn an_expired_licence_still_signs_in() {
    let found = credentials(UserStatus::Active, LicenseStatus::Expired, "hash");
    let tx = signing_in(found.clone());
    let hash = found.password_hash.clone();
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    let service = service(store, hasher(hash, RIGHT));
    assert_eq!(login(&service).await.unwrap().get(), 11);
}

#[tokio::test]
async fn a_password_that_was_reset_in_between_opens_no_session() {
    let mut tx = MockTx::default();
    tx.users
        .expect_record_login()
        .times(1)
        .return_once(|_, _| Ok(()));
    tx.users
        .expect_find_credentials()
        .return_once(|_| Ok(Some(active("another"))));
    let found = active("hash");
    let hash = found.password_hash.clone();
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    let service = service(store, hasher(hash, RIGHT));
    let refused = login(&service).await.unwrap_err();
    assert!(matches!(refused, AuthError::InvalidCredentials));
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_in_the_transaction_of_the_login() {
    let found = active("$2b$12$old");
    let mut tx = signing_in(found.clone());
    tx.users
        .expect_upgrade_password_hash()
        .times(1)
        .withf(|id, old, new| {
            *id == user() && old.expose() == "$2b$12$old" && new.expose() == "$argon2id$new"
        })
        .return_once(|_, _, _| Ok(true));
    let mut hasher = hasher(
        found.password_hash.clone(),
        Verification {
            matches: true,
            outdated: true,
        },
    );
    let new = PasswordHash::new("$argon2id$new".into());
    hasher.expect_hash().times(1).return_once(move |_| Ok(new));
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    login(&service(store, hasher)).await.unwrap();
}

#[tokio::test]
async fn a_busy_hasher_puts_the_upgrade_off_and_still_signs_in() {
    let found = active("$2b$12$old");
    let tx = signing_in(found.clone());
    let mut hasher = hasher(
        found.password_hash.clone(),
        Verification {
            matches: true,
            outdated: true,
        },
    );
    hasher
        .expect_hash()
        .times(1)
        .return_once(|_| Err(HashError::Busy));
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    login(&service(store, hasher)).await.unwrap();
}

#[tokio::test]
async fn a_full_hash_queue_is_busy_not_a_wrong_password() {
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .return_once(|_, _| Err(HashError::Busy));
    let service = service(FakeStore::with(reads(Some(active("hash"))), vec![]), hasher);
    let refused = login(&service).await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("busy", ErrorKind::Busy));
}

/// A service of Ana's account that compares wrongly `compared` times and writes
/// as many rows, no more.
fn attacked(compared: usize) -> AuthService {
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
