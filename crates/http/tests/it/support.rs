//! An application over mocked ports.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_application::identity::SessionRules;
use auth_application::mail::{MailLinks, TokenLives};
use auth_application::security::Quotas;
use auth_application::{Application, Options, Ports};
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::events::EventId;
use auth_domain::health::HealthProbe;
use auth_domain::identity::{
    Account, Admission, MockCommonPasswords, MockOneTimeTokenIndex, MockOneTimeTokenQueries,
    MockOneTimeTokens, MockPasswordHasher, MockRefreshTokens, MockSessionQueries, MockTokenIssuer,
    OneTimeTokenQueries, SessionFacts, SessionQueries, TokenRejected, VerifiedToken,
};
use auth_domain::ids::{IdSource, OrganizationId, RoleId, SessionId, UserId};
use auth_domain::mail::MockMailer;
use auth_domain::organizations::{
    LicenseStatus, MockOrganizationQueries, Organization, OrganizationKind, OrganizationQueries,
    SignUpPolicy,
};
use auth_domain::page::{OrganizationKey, Page};
use auth_domain::rbac::{
    CatalogueQueries, GrantQueries, MockCatalogueQueries, MockGrantQueries, MockPolicyEngine,
    MockPolicyFeed, MockPolicyStore, MockRoleQueries, Permission, PolicyError, PolicyRevision,
    RoleQueries, SnapshotBuilder,
};
use auth_domain::security::{
    LoginActivityQueries, MockLoginActivityQueries, MockLoginNameHasher, MockRateLimiter,
};
use auth_domain::store::{ReadRepositories, Store, UnitOfWork};
use auth_domain::text::{OrganizationName, PersonName, Username};
use auth_domain::users::{EmailAddress, MockUserQueries, UserQueries, UserStatus};
use auth_http::{HttpOptions, HttpParts, HttpService};

pub(crate) use crate::client::{Answered, send, send_to};

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
    /// Every transaction loses its race against another one.
    pub(crate) races_lost: bool,
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
            races_lost: false,
        }
    }
}

impl Setup {
    pub(crate) fn with(change: impl FnOnce(&mut HttpOptions)) -> Self {
        let mut setup = Self::default();
        change(&mut setup.options);
        setup
    }

    pub(crate) fn service(self) -> HttpService {
        let clock: Arc<dyn Clock> = Arc::new(FixedClock);
        let ids: Arc<dyn IdSource> = Arc::new(FixedIds);
        let ports = Ports {
            store: Arc::new(MockedStore::new(self.races_lost)),
            policy_rows: Arc::new(MockPolicyStore::new()),
            policies: Arc::new(policies(self.policy_away)),
            policy_feed: Arc::new(MockPolicyFeed::new()),
            broadcast: None,
            decisions: None,
            hasher: Arc::new(MockPasswordHasher::new()),
            common_passwords: Arc::new(MockCommonPasswords::new()),
            issuer: Arc::new(issuer()),
            refresh_tokens: Arc::new(MockRefreshTokens::new()),
            one_time_tokens: Arc::new(MockOneTimeTokens::new()),
            token_index: Arc::new(MockOneTimeTokenIndex::new()),
            sessions: None,
            login_names: Arc::new(MockLoginNameHasher::new()),
            limiter: Arc::new(MockRateLimiter::new()),
            mailer: Arc::new(MockMailer::new()),
            ids: Arc::clone(&ids),
            clock: Arc::clone(&clock),
        };
        auth_http::service(HttpParts {
            app: Arc::new(Application::new(ports, options())),
            probes: self.probes,
            metrics: Arc::new(|| "up 1\n".to_owned()),
            clock,
            ids,
            options: self.options,
        })
    }
}

/// How the application behaves where no test says otherwise.
fn options() -> Options {
    let day = Duration::from_hours(24);
    Options {
        sessions: SessionRules {
            access: Duration::from_mins(15),
            legacy_access: day,
            refresh: day * 14,
            absolute: day * 90,
            per_user: 100,
        },
        token_lives: TokenLives {
            password_reset: Duration::from_hours(1),
            email_verification: day,
        },
        quotas: Quotas::NONE,
        mail_links: MailLinks::default(),
        failed_login_alert_after: 0,
    }
}

/// Ids that are the same in every run.
struct FixedIds;

impl IdSource for FixedIds {
    fn event_id(&self, _at: Timestamp) -> EventId {
        unreachable!("no test of the edge writes an event")
    }

    fn random(&self) -> u64 {
        7
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
    grants: MockGrantQueries,
    catalogue: MockCatalogueQueries,
    one_time_tokens: MockOneTimeTokenQueries,
    logins: MockLoginActivityQueries,
    races_lost: bool,
}

impl MockedStore {
    fn new(races_lost: bool) -> Self {
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
            let next = first.then(|| OrganizationKey(OrganizationId::new(3).unwrap()));
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
            grants: MockGrantQueries::new(),
            catalogue: MockCatalogueQueries::new(),
            one_time_tokens: MockOneTimeTokenQueries::new(),
            logins: MockLoginActivityQueries::new(),
            races_lost,
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

    fn grants(&self) -> &dyn GrantQueries {
        &self.grants
    }

    fn catalogue(&self) -> &dyn CatalogueQueries {
        &self.catalogue
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
        if self.races_lost {
            return Err(PortError::Retryable("another transaction won".into()));
        }
        Err(PortError::Unavailable("no database in this test".into()))
    }

    fn read(&self) -> &dyn ReadRepositories {
        self
    }
}
