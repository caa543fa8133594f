//! An application over mocked ports.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use async_trait::async_trait;
use auth_application::bootstrap::BootstrapService;
use auth_application::identity::{
    AuthPorts, AuthService, NewPasswords, RecoveryPorts, RecoveryService, SessionLifetimes,
};
use auth_application::organizations::OrganizationService;
use auth_application::rbac::{DecisionService, PolicyAdministration, RoleService};
use auth_application::security::{Limits, Quotas};
use auth_application::users::{RegistrationService, UserService};
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe;
use auth_domain::identity::{
    Account, Admission, MockCommonPasswords, MockOneTimeTokenIndex, MockOneTimeTokenQueries,
    MockPasswordHasher, MockRefreshTokens, MockSessionQueries, MockTokenIssuer,
    OneTimeTokenQueries, SessionFacts, SessionQueries, TokenRejected, VerifiedToken,
};
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use auth_domain::organizations::{
    LicenseStatus, MockOrganizationQueries, Organization, OrganizationKind, OrganizationQueries,
    SignUpPolicy,
};
use auth_domain::page::{Page, PageKey};
use auth_domain::rbac::{
    MockPolicyEngine, MockPolicyStore, MockRoleQueries, Permission, PolicyEngine, PolicyError,
    PolicyRevision, RoleQueries, SnapshotBuilder,
};
use auth_domain::security::{
    LoginActivityQueries, MockLoginActivityQueries, MockLoginNameHasher, MockRateLimiter,
};
use auth_domain::store::{ReadRepositories, Store, UnitOfWork};
use auth_domain::text::{OrganizationName, PersonName, Username};
use auth_domain::users::{EmailAddress, MockUserQueries, UserQueries, UserStatus};
use auth_http::{HttpOptions, HttpParts, HttpState};
use serde_json::Value;

/// The token of a signed-in user who holds `org.read` and `role.read`.
pub(crate) const TOKEN: &str = "good";
/// A time with a fraction.
pub(crate) const NOW: &str = "2026-11-23T22:35:04.365951Z";

pub(crate) fn user() -> UserId {
    UserId::new(7).unwrap()
}

pub(crate) fn organization() -> OrganizationId {
    OrganizationId::new(3).unwrap()
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// What differs between tests.
pub(crate) struct Setup {
    pub(crate) options: HttpOptions,
    pub(crate) probes: Vec<Arc<dyn HealthProbe>>,
    pub(crate) policy_away: bool,
}

impl Default for Setup {
    fn default() -> Self {
        let secret = |text: &str| Some(text.to_owned().into());
        Self {
            options: HttpOptions {
                internal_secret: secret("internal"),
                bootstrap_secret: secret("bootstrap"),
                ..HttpOptions::default()
            },
            probes: Vec::new(),
            policy_away: false,
        }
    }
}

impl Setup {
    pub(crate) fn with(change: impl FnOnce(&mut HttpOptions)) -> Self {
        let mut setup = Self::default();
        change(&mut setup.options);
        setup
    }

    pub(crate) fn state(self) -> HttpState {
        let store: Arc<dyn Store> = Arc::new(MockedStore::new());
        let hasher = Arc::new(MockPasswordHasher::new());
        let policies: Arc<dyn PolicyEngine> = Arc::new(policies(self.policy_away));
        let clock: Arc<dyn Clock> = Arc::new(FixedClock);
        let limits = Limits::new(Arc::new(MockRateLimiter::new()), Quotas::NONE);
        let passwords = NewPasswords::new(hasher.clone(), Arc::new(MockCommonPasswords::new()));
        let ports = AuthPorts {
            store: Arc::clone(&store),
            hasher,
            new_passwords: passwords.clone(),
            limits: limits.clone(),
            names: Arc::new(MockLoginNameHasher::new()),
            session_cache: None,
            issuer: Arc::new(issuer()),
            refresh_tokens: Arc::new(MockRefreshTokens::new()),
            policies: Arc::clone(&policies),
            clock: Arc::clone(&clock),
        };
        let day = Duration::from_hours(24);
        let lifetimes = SessionLifetimes {
            access: Duration::from_mins(15),
            legacy_access: day,
            refresh: day * 14,
            absolute: day * 90,
        };
        HttpState::new(HttpParts {
            auth: Arc::new(AuthService::new(ports, lifetimes)),
            recovery: Arc::new(RecoveryService::new(RecoveryPorts {
                store: Arc::clone(&store),
                new_passwords: passwords.clone(),
                index: Arc::new(MockOneTimeTokenIndex::new()),
                limits: limits.clone(),
                clock: Arc::clone(&clock),
            })),
            limits: limits.clone(),
            organizations: Arc::new(OrganizationService::new(
                Arc::clone(&store),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            users: Arc::new(UserService::new(
                Arc::clone(&store),
                passwords.clone(),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            registration: Arc::new(RegistrationService::new(
                Arc::clone(&store),
                passwords.clone(),
                limits.clone(),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            bootstrap: Arc::new(BootstrapService::new(
                Arc::clone(&store),
                passwords.clone(),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            roles: Arc::new(RoleService::new(
                Arc::clone(&store),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            policy_administration: Arc::new(PolicyAdministration::new(
                Arc::clone(&store),
                Arc::new(MockPolicyStore::new()),
                Arc::clone(&policies),
                None,
                Arc::clone(&clock),
            )),
            decisions: Arc::new(DecisionService::new(store, policies, None)),
            probes: self.probes,
            metrics: Arc::new(|| "up 1\n".to_owned()),
            clock,
            options: self.options,
        })
    }
}

/// An answer, read.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&self.body));
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The code of a problem document.
    pub(crate) fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"));
        document["code"].as_str().unwrap().to_owned()
    }

    /// The places and kinds of a validation error.
    pub(crate) fn refused(&self) -> Vec<(String, String)> {
        let document = self.json();
        assert_eq!(document["code"], "validation_error");
        assert_eq!(document["detail"], document["errors"]);
        let errors = document["errors"].as_array().unwrap().iter();
        errors
            .map(|error| {
                let loc = error["loc"].as_array().unwrap().iter();
                let loc: Vec<&str> = loc.map(|part| part.as_str().unwrap()).collect();
                (loc.join("."), error["type"].as_str().unwrap().to_owned())
            })
            .collect()
    }
}

/// Sends a request to an application of that set-up.
pub(crate) async fn send(setup: Setup, request: TestRequest) -> Answered {
    send_to(&setup.state(), request).await
}

/// Sends a request to an application over that state.
pub(crate) async fn send_to(state: &HttpState, request: TestRequest) -> Answered {
    let app = actix_web::test::init_service(auth_http::app(state.clone())).await;
    let response = actix_web::test::call_service(&app, request.to_request()).await;
    Answered {
        status: response.status(),
        headers: response.headers().clone(),
        body: actix_web::test::read_body(response).await.to_vec(),
    }
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

fn issuer() -> MockTokenIssuer {
    let mut issuer = MockTokenIssuer::new();
    issuer.expect_verify().returning(|token, now| {
        if token != TOKEN {
            return Err(TokenRejected::Invalid);
        }
        Ok(VerifiedToken {
            user_id: user(),
            session_id: SessionId::new(17).unwrap(),
            issued_at: now,
            expires_at: now,
        })
    });
    issuer
}

fn policies(away: bool) -> MockPolicyEngine {
    let mut policies = MockPolicyEngine::new();
    policies.expect_at_hand().returning(|_, _| None);
    policies
        .expect_snapshot()
        .returning(move |organization, _| {
            if away {
                return Err(PolicyError::Unavailable(None));
            }
            let role = RoleId::new(5).unwrap();
            let mut policy = SnapshotBuilder::new(organization, PolicyRevision::new(42), true);
            policy.user(user(), true, &[role]);
            policy.grant(role, &Permission::OrgRead.into());
            policy.grant(role, &Permission::RoleRead.into());
            Ok(Arc::new(policy.build()))
        });
    policies
}

fn account() -> Account {
    Account {
        user_id: user(),
        organization_id: organization(),
        organization_kind: OrganizationKind::Tenant,
        license_status: LicenseStatus::Active,
        policy_revision: PolicyRevision::new(42),
        username: Username::parse("ana").unwrap(),
        first_name: PersonName::parse("Ana").unwrap(),
        last_name: None,
        email: EmailAddress::parse("ana@example.com").unwrap(),
        email_verified_at: None,
        status: UserStatus::Active,
    }
}

/// Reads answer one signed-in user and two organizations; whatever a test does
/// not expect panics.
struct MockedStore {
    organizations: MockOrganizationQueries,
    users: MockUserQueries,
    sessions: MockSessionQueries,
    roles: MockRoleQueries,
    one_time_tokens: MockOneTimeTokenQueries,
    logins: MockLoginActivityQueries,
}

impl MockedStore {
    fn new() -> Self {
        let mut sessions = MockSessionQueries::new();
        sessions.expect_find_admission().returning(|id| {
            let ends = now() + Duration::from_mins(1);
            let session = SessionFacts {
                id,
                issued_at: now(),
                expires_at: ends,
                absolute_expires_at: ends,
                revoked_at: None,
            };
            let account = account();
            Ok(Some(Admission { session, account }))
        });
        let mut organizations = MockOrganizationQueries::new();
        organizations.expect_list().returning(|_, page| {
            let first = page.after().is_none();
            let id = if first { 3 } else { 4 };
            let next = first.then(|| PageKey(vec![3]));
            let items = vec![tenant(OrganizationId::new(id).unwrap())];
            Ok(Page { items, next })
        });
        organizations
            .expect_find()
            .returning(|id| Ok((id == organization()).then(|| tenant(id))));
        Self {
            organizations,
            users: MockUserQueries::new(),
            sessions,
            roles: MockRoleQueries::new(),
            one_time_tokens: MockOneTimeTokenQueries::new(),
            logins: MockLoginActivityQueries::new(),
        }
    }
}

fn tenant(id: OrganizationId) -> Organization {
    Organization {
        id,
        name: OrganizationName::parse("Acme").unwrap(),
        kind: OrganizationKind::Tenant,
        owner_id: None,
        license_status: LicenseStatus::Active,
        sign_up: SignUpPolicy::default(),
        policy_revision: PolicyRevision::new(42),
        created_at: now(),
        updated_at: now(),
    }
}

impl ReadRepositories for MockedStore {
    fn organizations(&self) -> &dyn OrganizationQueries {
        &self.organizations
    }

    fn users(&self) -> &dyn UserQueries {
        &self.users
    }

    fn sessions(&self) -> &dyn SessionQueries {
        &self.sessions
    }

    fn roles(&self) -> &dyn RoleQueries {
        &self.roles
    }

    fn one_time_tokens(&self) -> &dyn OneTimeTokenQueries {
        &self.one_time_tokens
    }

    fn logins(&self) -> &dyn LoginActivityQueries {
        &self.logins
    }
}

#[async_trait]
impl Store for MockedStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, PortError> {
        Err(PortError::Unavailable("no database in this test".into()))
    }

    fn read(&self) -> &dyn ReadRepositories {
        self
    }
}
