//! A real store with RootOrg's superuser `root` and the tenant `Acme`, whose
//! admin is `boss`, and the whole application over it.

use std::sync::Arc;

use auth_application::access::perm::Demand;
use auth_application::access::{AccessError, Granted, Operator};
use auth_application::bootstrap::{BootstrapRequest, Bootstrapped};
use auth_application::error::UseCaseError;
use auth_application::identity::{AuthError, SignedIn};
use auth_application::jobs::{JobRunner, RunnerOptions};
use auth_application::{Application, Options, Ports, Writer, WriterPorts};
use auth_casbin::CasbinPolicyEngine;
use auth_crypto::SystemIds;
use auth_domain::caller::{Caller, Credential, Origin};
use auth_domain::clock::Clock as _;
use auth_domain::identity::{
    Admission, LoginName, NewSession, Password, StoredToken, TokenPurpose,
};
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use auth_domain::organizations::{LicenseStatus, Organization};
use auth_domain::rbac::{Permission, PolicyFeed as _, SystemRole};
use auth_domain::store::Store as _;
use auth_domain::text::OrganizationName;
use auth_domain::users::{UserStatus, UserWithRoles};
use auth_sql::SqlStore;
use auth_testkit::builders;
use auth_testkit::clock::ManualClock;

use crate::ground::Ground;
use crate::parts::{self, Postbox, hashed};
use crate::staff::account;

/// The password of every user of these tests.
pub(crate) const PASSWORD: &str = "correct horse battery";

const DAY: std::time::Duration = std::time::Duration::from_hours(24);

pub(crate) struct Acme {
    ground: Ground,
    pub(crate) store: Arc<SqlStore>,
    pub(crate) policies: Arc<CasbinPolicyEngine>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) postbox: Arc<Postbox>,
    pub(crate) app: Arc<Application>,
    pub(crate) id: OrganizationId,
    pub(crate) root: OrganizationId,
    pub(crate) boss: UserId,
    pub(crate) admin_role: RoleId,
}

impl Acme {
    pub(crate) async fn new() -> Self {
        Self::with(|_, _| {}).await
    }

    /// The same with other adapters or options.
    pub(crate) async fn with(adapt: impl FnOnce(&mut Ports, &mut Options)) -> Self {
        let ground = Ground::new().await;
        let mut ports = ground.ports();
        let mut options = parts::options();
        let plain = Application::new(ports.clone(), options.clone());
        let root = bootstrap(&plain, "Ignored", "root").await;
        let acme = bootstrap(&plain, "Acme", "boss").await;
        adapt(&mut ports, &mut options);
        Self {
            store: Arc::clone(&ground.store),
            policies: Arc::clone(&ground.policies),
            clock: Arc::clone(&ground.clock),
            postbox: Arc::clone(&ground.postbox),
            ground,
            app: Arc::new(Application::new(ports, options)),
            id: acme.organization_id,
            root: root.organization_id,
            boss: acme.user_id,
            admin_role: acme.role_id,
        }
    }

    /// Does the jobs that are ready; answers how many there were.
    pub(crate) async fn work(&self) -> usize {
        let runner = JobRunner::new(
            Arc::clone(&self.store) as _,
            Arc::clone(&self.clock) as _,
            self.app.job_handlers.clone(),
            RunnerOptions::default(),
        );
        let claimed = runner.claim(9).await.unwrap();
        let count = claimed.len();
        for job in claimed {
            runner.run(job).await;
        }
        count
    }

    /// Writes outside of the use cases.
    pub(crate) fn writer(&self) -> Writer {
        Writer::new(WriterPorts {
            store: Arc::clone(&self.store) as _,
            feed: Arc::clone(&self.policies) as _,
            sessions: None,
            ids: Arc::new(SystemIds),
            clock: Arc::clone(&self.clock) as _,
        })
    }

    /// Another tenant, with the admin `admin`.
    pub(crate) async fn tenant(&self, name: &str, admin: &str) -> Bootstrapped {
        bootstrap(&self.app, name, admin).await
    }

    /// The rows of a query.
    pub(crate) async fn look(&self, sql: &str) -> Vec<String> {
        self.ground.look(sql).await
    }

    /// Runs a statement behind the application's back.
    pub(crate) async fn execute(&self, sql: &str) {
        self.ground.execute(sql).await;
    }

    /// A user with a live session, as the gate sees it now.
    pub(crate) async fn caller(&self, name: &str) -> Caller {
        caller(&self.store, &self.clock, name).await
    }

    /// A right of a caller.
    pub(crate) async fn right<P: Demand>(&self, by: &Caller) -> Result<Granted<P>, AccessError> {
        self.app.access.grant(by.clone()).await
    }

    /// A sign-in with the password that every user has.
    pub(crate) async fn login(&self, name: &str) -> Result<SignedIn, AuthError> {
        self.login_with(name, PASSWORD).await
    }

    pub(crate) async fn login_with(
        &self,
        name: &str,
        password: &str,
    ) -> Result<SignedIn, AuthError> {
        let name = LoginName::parse(name, 3).unwrap();
        let password = Password::attempt(password);
        let sign_in = &self.app.sign_in;
        sign_in.login(&origin(), &name, &password).await
    }

    /// A role of an organization with those permissions.
    pub(crate) async fn role(
        &self,
        of: OrganizationId,
        name: &str,
        permissions: &[Permission],
    ) -> RoleId {
        let now = self.clock.now();
        let mut tx = self.store.begin().await.unwrap();
        let raised = tx.organizations().raise_policy(of).await.unwrap();
        let role = tx.roles().insert(&builders::role(of, name)).await.unwrap();
        let granted = tx.grants().grant_all(of, role, permissions, now).await;
        granted.unwrap();
        tx.commit().await.unwrap();
        self.policies.observe(of, raised.unwrap().policy_revision);
        role
    }

    /// A user of an organization with those roles.
    pub(crate) async fn user(&self, of: OrganizationId, name: &str, roles: &[RoleId]) -> UserId {
        let now = self.clock.now();
        let mut new = builders::user(of, name);
        new.password_hash = Some(hashed(PASSWORD));
        let mut tx = self.store.begin().await.unwrap();
        let raised = tx.organizations().raise_policy(of).await.unwrap();
        let user = tx.users().insert(&new).await.unwrap();
        for &role in roles {
            let assigned = tx.grants().assign(of, user.id, role, now).await;
            assert!(assigned.unwrap());
        }
        tx.commit().await.unwrap();
        self.policies.observe(of, raised.unwrap().policy_revision);
        user.id
    }

    /// A user of Acme who holds exactly those permissions.
    pub(crate) async fn holder(&self, name: &str, permissions: &[Permission]) -> Caller {
        self.holder_in(self.id, name, permissions).await
    }

    /// A user of RootOrg who holds exactly those permissions.
    pub(crate) async fn official(&self, name: &str, permissions: &[Permission]) -> Caller {
        self.holder_in(self.root, name, permissions).await
    }

    async fn holder_in(
        &self,
        of: OrganizationId,
        name: &str,
        permissions: &[Permission],
    ) -> Caller {
        let role = self.role(of, name, permissions).await;
        self.user(of, name, &[role]).await;
        self.caller(name).await
    }

    /// Acme's role `member`.
    pub(crate) async fn member_role(&self) -> RoleId {
        self.system_role(self.id, SystemRole::Member).await
    }

    pub(crate) async fn system_role(&self, of: OrganizationId, role: SystemRole) -> RoleId {
        let roles = self.store.read().roles();
        roles.find_system(of, role).await.unwrap().unwrap().id
    }

    pub(crate) async fn organization(&self, id: OrganizationId) -> Organization {
        let organizations = self.store.read().organizations();
        organizations.find(id).await.unwrap().unwrap()
    }

    /// A session as the gate reads it.
    pub(crate) async fn admission(&self, id: SessionId) -> Admission {
        let sessions = self.store.read().sessions();
        sessions.find_admission(id).await.unwrap().unwrap()
    }

    /// Changes an organization behind the application's back.
    pub(crate) async fn reorganize(
        &self,
        id: OrganizationId,
        with: impl FnOnce(&mut Organization),
    ) {
        let mut tx = self.store.begin().await.unwrap();
        let raised = tx.organizations().raise_policy(id).await.unwrap();
        let mut organization = raised.unwrap();
        with(&mut organization);
        tx.organizations().update(&organization).await.unwrap();
        tx.commit().await.unwrap();
        self.policies.observe(id, organization.policy_revision);
    }

    /// Deactivates a user behind the application's back.
    pub(crate) async fn switch_off(&self, of: OrganizationId, user: UserId) {
        let now = self.clock.now();
        let mut tx = self.store.begin().await.unwrap();
        let raised = tx.organizations().raise_policy(of).await.unwrap();
        let found = tx.read().users().find(of, user).await.unwrap();
        let mut user = found.unwrap();
        (user.status, user.updated_at) = (UserStatus::Inactive, now);
        tx.users().update(&user).await.unwrap();
        tx.commit().await.unwrap();
        self.policies.observe(of, raised.unwrap().policy_revision);
    }

    pub(crate) async fn read(&self, id: UserId) -> UserWithRoles {
        let users = self.store.read().users();
        users.find_with_roles(self.id, id).await.unwrap().unwrap()
    }

    /// Gives a user of Acme a session and one token of each purpose.
    pub(crate) async fn signs_in(&self, user: UserId) {
        let now = self.clock.now();
        let found = self.read(user).await.user;
        let mut tx = self.store.begin().await.unwrap();
        let session = NewSession {
            issued_at: now,
            expires_at: now + DAY,
            absolute_expires_at: now + DAY * 2,
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
                expires_at: now + DAY,
            };
            tx.one_time_tokens().replace(&token).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// The reasons why the sessions of a user ended, `NULL` where they did not.
    pub(crate) async fn endings(&self, user: UserId) -> Vec<String> {
        let query = format!(
            "SELECT revoke_reason FROM sessions WHERE user_id = {user} ORDER BY session_id"
        );
        self.look(&query).await
    }

    /// The types of the events about a user, in order.
    pub(crate) async fn events(&self, user: UserId) -> Vec<String> {
        let query = format!(
            "SELECT event_type FROM outbox_events \
             WHERE aggregate_kind = 'user' AND aggregate_id = '{user}' ORDER BY sequence"
        );
        self.look(&query).await
    }

    /// What a change writes beside the change itself.
    pub(crate) async fn trace(&self) -> Vec<String> {
        self.look(
            "SELECT (SELECT count(*) FROM audit_logs), (SELECT count(*) FROM outbox_events), \
             (SELECT count(*) FROM queued_jobs), (SELECT sum(policy_revision) FROM organizations), \
             (SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL), \
             (SELECT count(*) FROM users), (SELECT count(*) FROM roles)",
        )
        .await
    }

    /// The last audit row and the last event, as text.
    pub(crate) async fn last_words(&self) -> [String; 2] {
        let audit = "SELECT action_type, affected_table, affected_row_id, actor_user_id, \
             CASE WHEN crossed THEN 'crossed' ELSE 'own' END, previous_data, new_data \
             FROM audit_logs ORDER BY log_id DESC LIMIT 1";
        let event = "SELECT exchange, event_type, aggregate_kind, aggregate_id, actor_id \
             FROM outbox_events ORDER BY position DESC LIMIT 1";
        let audit = self.look(audit).await.remove(0);
        [audit, self.look(event).await.remove(0)]
    }

    /// The payload of the last event of a type.
    pub(crate) async fn payload(&self, event: &str) -> serde_json::Value {
        let query = format!(
            "SELECT payload FROM outbox_events WHERE event_type = '{event}' \
             ORDER BY position DESC LIMIT 1"
        );
        serde_json::from_str(&self.look(&query).await[0]).unwrap()
    }
}

/// A user with a live session, as the gate sees it now.
pub(crate) async fn caller(store: &SqlStore, clock: &ManualClock, name: &str) -> Caller {
    let login = LoginName::parse(name, 3).unwrap();
    let found = store.read().users().find_account(&login).await.unwrap();
    let account = found.unwrap();
    let now = clock.now();
    let session = NewSession {
        user_id: account.user_id,
        organization_id: account.organization_id,
        issued_at: now,
        refresh_digest: None,
        expires_at: now + DAY,
        absolute_expires_at: now + DAY * 2,
        origin: origin(),
    };
    let mut tx = store.begin().await.unwrap();
    let id = tx.sessions().insert(&session).await.unwrap();
    tx.commit().await.unwrap();
    Caller {
        account,
        credential: Credential::Session(id),
        origin: origin(),
    }
}

/// Where every request of these tests comes from.
pub(crate) fn origin() -> Origin {
    Origin {
        request_id: Some("request".to_owned()),
        ip: Some([192, 0, 2, 1].into()),
        user_agent: Some("tests".to_owned()),
    }
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug, E: UseCaseError>(outcome: &Result<T, E>, code: &str) {
    assert_eq!(outcome.as_ref().unwrap_err().code(), code, "{outcome:?}");
}

async fn bootstrap(app: &Application, organization: &str, admin: &str) -> Bootstrapped {
    let request = BootstrapRequest {
        name: OrganizationName::parse(organization).unwrap(),
        license_status: LicenseStatus::Active,
        admin: account(admin),
    };
    let operator = Operator::console("test");
    app.bootstrap.bootstrap(&operator, &request).await.unwrap()
}
