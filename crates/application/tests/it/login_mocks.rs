//! A sign-in service whose ports are mocks, and the account of Ana.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth_application::identity::{
    AuthError, NewPasswords, Pairs, PasswordCheck, PasswordCheckPorts, SignIn, SignInPorts,
};
use auth_application::security::{Limits, Quotas};
use auth_domain::caller::Origin;
use auth_domain::events::EventType;
use auth_domain::identity::{
    AccessToken, Account, Credentials, LoginName, MockCommonPasswords, MockPasswordHasher,
    MockRefreshTokens, MockTokenIssuer, Password, PasswordHash, RefreshToken, Verification,
};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::organizations::{LicenseStatus, OrganizationKind};
use auth_domain::rbac::{MockPolicyEngine, MockPolicyFeed, PolicyRevision, SnapshotBuilder};
use auth_domain::security::{LoginSubject, MockLoginNameHasher};
use auth_domain::text::{PersonName, Username};
use auth_domain::users::{EmailAddress, UserStatus};
use auth_memory::MemoryRateLimiter;
use auth_testkit::clock::ManualClock;

use crate::fakes::{FakeStore, MockReads, MockTx, writer};
use crate::parts::{NAME_HASH, options};

const ORGANIZATION: OrganizationId = OrganizationId::DEFAULT;

pub(crate) fn user() -> UserId {
    UserId::new(7).unwrap()
}

pub(crate) fn credentials(
    status: UserStatus,
    license_status: LicenseStatus,
    hash: &str,
) -> Credentials {
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
        must_verify: false,
    }
}

pub(crate) fn active(hash: &str) -> Credentials {
    credentials(UserStatus::Active, LicenseStatus::Active, hash)
}

pub(crate) fn reads(found: Option<Credentials>) -> MockReads {
    let mut reads = MockReads::default();
    let users = &mut reads.users;
    users
        .expect_find_credentials()
        .times(1)
        .return_once(|_| Ok(found));
    knowing_home(&mut reads);
    reads
}

/// Ana signed in from [`HOME`] before, and no bcrypt hash is stored.
pub(crate) fn knowing_home(reads: &mut MockReads) {
    let home: IpAddr = HOME.parse().unwrap();
    let familiar = move |user: Option<UserId>, address| {
        Ok(user == Some(self::user()) && address == Some(home))
    };
    reads.logins.expect_is_familiar().returning(familiar);
    let none = || Ok(None);
    reads.users.expect_find_slowest_bcrypt().returning(none);
}

/// Where Ana signed in from before.
pub(crate) const HOME: &str = "192.0.2.7";

/// A transaction that writes one failed sign-in of that subject and nothing
/// else.
pub(crate) fn failing(subject: LoginSubject) -> MockTx {
    let mut tx = MockTx::default();
    tx.logins
        .expect_append()
        .times(1)
        .withf(move |record| record.subject == subject && !record.success)
        .return_once(|_| Ok(()));
    tx
}

pub(crate) fn known() -> LoginSubject {
    LoginSubject::User(ORGANIZATION, user())
}

pub(crate) fn hasher(expected: Option<PasswordHash>, answer: Verification) -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .times(1)
        .withf(move |_, hash| *hash == expected)
        .return_once(move |_, _| Ok(answer));
    hasher.expect_slowest().returning(|_| Ok(Duration::ZERO));
    hasher
}

pub(crate) const RIGHT: Verification = Verification {
    matches: true,
    outdated: false,
    took: Duration::ZERO,
};
pub(crate) const WRONG: Verification = Verification {
    matches: false,
    outdated: false,
    took: Duration::ZERO,
};

pub(crate) fn service(store: FakeStore, hasher: MockPasswordHasher) -> SignIn {
    service_at(Arc::default(), store, hasher)
}

pub(crate) fn service_at(
    clock: Arc<ManualClock>,
    store: FakeStore,
    hasher: MockPasswordHasher,
) -> SignIn {
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
    let limiter = MemoryRateLimiter::new(Arc::clone(&clock) as _);
    let mut common = MockCommonPasswords::new();
    common.expect_contains().return_const(false);
    let hasher = Arc::new(hasher);
    let store = Arc::new(store);
    let writer = writer(&store, MockPolicyFeed::new(), None);
    let check = PasswordCheck::new(PasswordCheckPorts {
        store,
        hasher: hasher.clone(),
        limits: Limits::new(Arc::new(limiter), QUOTAS),
        names: Arc::new(names),
        writer: writer.clone(),
        clock: Arc::clone(&clock) as _,
    });
    SignIn::new(SignInPorts {
        check: Arc::new(check),
        hasher: hasher.clone(),
        new_passwords: NewPasswords::new(hasher, Arc::new(common)),
        refresh_tokens: Arc::new(refresh_tokens),
        pairs: Pairs::new(Arc::new(issuer), Arc::new(policies), options().sessions),
        writer,
        clock,
    })
}

/// Two for an account from one address, three for an account and four for an
/// address in all.
const QUOTAS: Quotas = Quotas {
    login_pair: 2,
    login_account: 3,
    login_address: 4,
    ..Quotas::NONE
};

pub(crate) async fn login(service: &SignIn) -> Result<SessionId, AuthError> {
    login_from(service, "198.51.100.1").await
}

pub(crate) async fn login_from(service: &SignIn, address: &str) -> Result<SessionId, AuthError> {
    let name = LoginName::parse("ana", 3).unwrap();
    let origin = Origin {
        ip: Some(address.parse().unwrap()),
        ..Origin::default()
    };
    let password = Password::attempt("secret");
    let signed_in = service.login(&origin, &name, &password).await;
    signed_in.map(|signed_in| signed_in.tokens.session_id)
}

/// A transaction that expects one whole sign-in with those credentials.
pub(crate) fn signing_in(current: Credentials) -> MockTx {
    let mut tx = MockTx::default();
    tx.users
        .expect_record_login()
        .times(1)
        .return_once(|_, _| Ok(Some(current)));
    let id = SessionId::new(11).unwrap();
    tx.sessions
        .expect_insert()
        .times(1)
        .return_once(move |_| Ok(id));
    tx.logins.expect_append().times(1).return_once(|_| Ok(()));
    tx.outbox
        .expect_append()
        .times(1)
        .withf(|event| event.event_type == EventType::AuthLogin)
        .return_once(|_| Ok(1));
    tx
}
