//! A real store with RootOrg's superuser `root` and the tenant `Acme`, whose
//! admin is `boss`.

use std::path::PathBuf;
use std::sync::Arc;

use auth_application::bootstrap::{BootstrapRequest, BootstrapService, Bootstrapped};
use auth_application::error::UseCaseError as _;
use auth_application::identity::NewPasswords;
use auth_application::organizations::Written;
use auth_application::users::{NewAccount, UserChanges, UserError, UserService};
use auth_casbin::{CasbinPolicyEngine, EngineOptions};
use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::change::Change;
use auth_domain::clock::Clock as _;
use auth_domain::identity::{
    LoginName, MockCommonPasswords, MockPasswordHasher, NewSession, Password, PasswordHash,
    Principal, StoredToken, TokenPurpose,
};
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use auth_domain::organizations::LicenseStatus;
use auth_domain::rbac::{Permission, PolicyEngine, SystemRole};
use auth_domain::store::Store as _;
use auth_domain::text::{OrganizationName, PersonName, Username};
use auth_domain::users::{PersonalData, UserStatus, UserWithRoles};
use auth_sql::{SqlStore, SqliteOptions};
use auth_testkit::clock::ManualClock;
use auth_testkit::{builders, sqlite};
use tempfile::TempDir;

pub(crate) struct Acme {
    dir: TempDir,
    pub(crate) store: Arc<SqlStore>,
    pub(crate) policies: Arc<dyn PolicyEngine>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) users: UserService,
    pub(crate) id: OrganizationId,
    pub(crate) root: OrganizationId,
    pub(crate) boss: UserId,
    pub(crate) admin_role: RoleId,
}

impl Acme {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions {
            path: dir.path().join("auth.sqlite"),
            readers: 2,
        };
        let store = Arc::new(SqlStore::connect_sqlite(options).await.unwrap());
        store.migrate().await.unwrap();
        let clock = Arc::new(ManualClock::default());
        let engine = CasbinPolicyEngine::new(
            Arc::clone(&store) as _,
            Arc::clone(&clock) as _,
            EngineOptions::default(),
        );
        let policies: Arc<dyn PolicyEngine> = Arc::new(engine);
        let users = UserService::new(
            Arc::clone(&store) as _,
            passwords(),
            Arc::clone(&policies),
            Arc::clone(&clock) as _,
        );
        let root = bootstrap(&store, &policies, &clock, "Ignored", "root").await;
        let acme = bootstrap(&store, &policies, &clock, "Acme", "boss").await;
        Self {
            dir,
            store,
            policies,
            clock,
            users,
            id: acme.organization_id,
            root: root.organization_id,
            boss: acme.user_id,
            admin_role: acme.role_id,
        }
    }

    /// Another tenant, with the admin `admin`.
    pub(crate) async fn tenant(&self, name: &str, admin: &str) -> Bootstrapped {
        bootstrap(&self.store, &self.policies, &self.clock, name, admin).await
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("auth.sqlite")
    }

    /// The rows of a query.
    pub(crate) async fn look(&self, sql: &str) -> Vec<String> {
        sqlite::look(&self.file(), sql).await
    }

    /// Somebody as the gate sees them now.
    pub(crate) async fn caller(&self, name: &str) -> Caller {
        let login = LoginName::parse(name, 3).unwrap();
        let found = self.store.read().users().find_credentials(&login).await;
        let principal = Principal {
            session_id: SessionId::new(1).unwrap(),
            account: found.unwrap().unwrap().account,
        };
        let who = Who::User(Box::new(principal.clone()));
        let origin = Origin {
            request_id: Some("request".to_owned()),
            ..Origin::default()
        };
        Caller {
            actor: Actor { who, origin },
            principal,
        }
    }

    /// A role of an organization with those permissions.
    pub(crate) async fn role(
        &self,
        of: OrganizationId,
        name: &str,
        permissions: &[Permission],
    ) -> RoleId {
        let mut tx = self.store.begin().await.unwrap();
        let roles = tx.roles();
        let revision = roles.bump_policy_revision(of).await.unwrap();
        let role = roles.insert(&builders::role(of, name)).await.unwrap();
        let now = self.clock.now();
        roles.grant(of, role, permissions, now).await.unwrap();
        tx.commit().await.unwrap();
        self.policies.observe(of, revision);
        role
    }

    /// A user of an organization with those roles.
    pub(crate) async fn user(&self, of: OrganizationId, name: &str, roles: &[RoleId]) -> UserId {
        let mut tx = self.store.begin().await.unwrap();
        let revision = tx.roles().bump_policy_revision(of).await.unwrap();
        let user = tx.users().insert(&builders::user(of, name)).await.unwrap();
        for &role in roles {
            let assigned = tx.roles().assign(of, user.id, role, self.clock.now()).await;
            assert!(assigned.unwrap());
        }
        tx.commit().await.unwrap();
        self.policies.observe(of, revision);
        user.id
    }

    /// A user of Acme who holds exactly those permissions.
    pub(crate) async fn holder(&self, name: &str, permissions: &[Permission]) -> Caller {
        let role = self.role(self.id, name, permissions).await;
        self.user(self.id, name, &[role]).await;
        self.caller(name).await
    }

    /// Acme's role `member`.
    pub(crate) async fn member_role(&self) -> RoleId {
        let mut tx = self.store.begin().await.unwrap();
        let found = tx.roles().find_system(self.id, SystemRole::Member).await;
        found.unwrap().unwrap().id
    }

    pub(crate) async fn read(&self, id: UserId) -> UserWithRoles {
        let users = self.store.read().users();
        users.find_with_roles(self.id, id).await.unwrap().unwrap()
    }

    /// Gives somebody of Acme a session and one token of each purpose.
    pub(crate) async fn signs_in(&self, user: UserId) {
        let now = self.clock.now();
        let found = self.read(user).await.user;
        let mut tx = self.store.begin().await.unwrap();
        let session = NewSession {
            issued_at: now,
            expires_at: now + std::time::Duration::from_hours(1),
            absolute_expires_at: now + std::time::Duration::from_hours(2),
            ..builders::session(&found, 1)
        };
        tx.sessions().insert(&session).await.unwrap();
        for (purpose, digest) in [
            (TokenPurpose::PasswordReset, 2),
            (TokenPurpose::EmailVerification, 3),
        ] {
            let token = StoredToken {
                organization_id: self.id,
                user_id: user,
                purpose,
                digest: builders::digest(digest),
                email_key: found.email.key(),
                created_at: now,
                expires_at: now + std::time::Duration::from_hours(1),
            };
            tx.one_time_tokens().replace(&token).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// The types of the events about a user, in order.
    pub(crate) async fn events(&self, user: UserId) -> Vec<String> {
        let query = format!(
            "SELECT event_type FROM outbox_events \
             WHERE aggregate_kind = 'user' AND aggregate_id = {user} ORDER BY sequence"
        );
        self.look(&query).await
    }

    /// What a change writes beside the change itself.
    pub(crate) async fn trace(&self) -> Vec<String> {
        self.look(
            "SELECT (SELECT count(*) FROM audit_logs), (SELECT count(*) FROM outbox_events), \
             (SELECT count(*) FROM jobs), (SELECT sum(policy_revision) FROM organizations)",
        )
        .await
    }

    pub(crate) async fn invite(
        &self,
        by: &Caller,
        role: Option<RoleId>,
        name: &str,
    ) -> Result<Written<UserWithRoles>, UserError> {
        self.users
            .invite(&by.actor, &by.principal, self.id, role, &account(name))
            .await
    }

    pub(crate) async fn update(
        &self,
        by: &Caller,
        id: UserId,
        changes: &UserChanges,
    ) -> Result<Written<UserWithRoles>, UserError> {
        self.users
            .update(&by.actor, &by.principal, None, id, changes)
            .await
    }

    pub(crate) async fn deactivate(
        &self,
        by: &Caller,
        id: UserId,
    ) -> Result<Written<UserWithRoles>, UserError> {
        self.users
            .deactivate(&by.actor, &by.principal, None, id)
            .await
    }
}

/// Somebody who acts.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    pub(crate) principal: Principal,
}

impl Caller {
    pub(crate) fn id(&self) -> UserId {
        self.principal.account.user_id
    }
}

pub(crate) fn to_role(role: RoleId) -> UserChanges {
    UserChanges {
        role: Change::Set(role),
        ..UserChanges::default()
    }
}

pub(crate) fn to_status(status: UserStatus) -> UserChanges {
    UserChanges {
        status: Some(status),
        ..UserChanges::default()
    }
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: &Result<T, UserError>, code: &str) {
    assert_eq!(outcome.as_ref().unwrap_err().code(), code, "{outcome:?}");
}

pub(crate) fn account(name: &str) -> NewAccount {
    let person = PersonalData {
        first_name: PersonName::parse("Ana").unwrap(),
        middle_name: None,
        last_name: None,
        date_of_birth: None,
        gender: None,
        nationality: None,
    };
    NewAccount::new(
        Username::parse(name).unwrap(),
        Password::parse("correct horse battery").unwrap(),
        person,
        builders::contact(&format!("{name}@example.com")),
    )
    .unwrap()
}

fn passwords() -> NewPasswords {
    let mut hasher = MockPasswordHasher::new();
    let hash = |_: &_| Ok(PasswordHash::new("hash".to_owned()));
    hasher.expect_hash().returning(hash);
    let mut common = MockCommonPasswords::new();
    common.expect_contains().returning(|_| false);
    NewPasswords::new(Arc::new(hasher), Arc::new(common))
}

async fn bootstrap(
    store: &Arc<SqlStore>,
    policies: &Arc<dyn PolicyEngine>,
    clock: &Arc<ManualClock>,
    organization: &str,
    admin: &str,
) -> Bootstrapped {
    let service = BootstrapService::new(
        Arc::clone(store) as _,
        passwords(),
        Arc::clone(policies),
        Arc::clone(clock) as _,
    );
    let request = BootstrapRequest {
        name: OrganizationName::parse(organization).unwrap(),
        license_status: LicenseStatus::Active,
        admin: account(admin),
    };
    let actor = Actor::system("test");
    service.bootstrap(&actor, &request).await.unwrap()
}
