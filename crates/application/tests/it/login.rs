//! Signing in, seen from the ports.

use std::sync::Arc;
use std::time::Duration;

use auth_application::error::{ErrorKind, UseCaseError as _};
use auth_application::identity::{AuthError, AuthPorts, AuthService, SessionLifetimes};
use auth_domain::actor::Origin;
use auth_domain::identity::{
    AccessToken, Account, Credentials, HashError, LoginName, MockPasswordHasher, MockRefreshTokens,
    MockTokenIssuer, Password, PasswordHash, RefreshToken, Verification,
};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::organizations::{LicenseStatus, OrganizationKind};
use auth_domain::rbac::{MockPolicyEngine, PolicyRevision, SnapshotBuilder};
use auth_domain::text::{PersonName, Username};
use auth_domain::users::{EmailAddress, UserStatus};
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
    let hour = Duration::from_hours(1);
    let ports = AuthPorts {
        store: Arc::new(store),
        hasher: Arc::new(hasher),
        issuer: Arc::new(issuer),
        refresh_tokens: Arc::new(refresh_tokens),
        policies: Arc::new(policies),
        clock: Arc::new(ManualClock::default()),
    };
    let lifetimes = SessionLifetimes {
        access: hour,
        legacy_access: hour,
        refresh: hour * 24,
        absolute: hour * 48,
    };
    AuthService::new(ports, lifetimes)
}

async fn login(service: &AuthService) -> Result<SessionId, AuthError> {
    let name = LoginName::parse("ana", 3).unwrap();
    let (origin, password) = (Origin::default(), Password::attempt("secret"));
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
async fn an_unknown_name_costs_a_comparison_and_writes_nothing() {
    let store = FakeStore::with(reads(None), vec![]);
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
            let store = FakeStore::with(reads(Some(found)), vec![]);
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
