use std::sync::Arc;

use auth_application::bootstrap::BootstrapService;
use auth_application::identity::NewPasswords;
use auth_application::organizations::OrganizationService;
use auth_application::rbac::{DecisionService, PolicyAdministration, RoleService};
use auth_application::users::{RegistrationService, UserService};
use auth_casbin::{CasbinPolicyEngine, EngineOptions};
use auth_config::Settings;
use auth_crypto::{Argon2Options, Argon2PasswordHasher, CommonPasswordList, SystemClock};
use auth_domain::clock::Clock;
use auth_domain::health::HealthProbe;
use auth_domain::identity::PasswordHasher;
use auth_domain::rbac::PolicyEngine;
use auth_domain::store::Store;
use auth_http::{HttpOptions, HttpParts, HttpState};
use auth_sql::SqlStore;
use auth_telemetry::MetricsHandle;
use auth_worker_core::{Supervisor, announce_policies, hear_policies};

use super::{DataDir, Secrets, Shared, connect_store, prepare_schema};
use crate::Failure;

/// The adapters of a process, each made once.
pub(crate) struct Components {
    store: Arc<SqlStore>,
    policies: Arc<dyn PolicyEngine>,
    pub(super) hasher: Arc<dyn PasswordHasher>,
    pub(super) shared: Shared,
    clock: Arc<dyn Clock>,
}

impl Components {
    /// Connects what the settings name. The schema is not looked at yet.
    pub(crate) async fn connect(settings: &Settings) -> Result<Self, Failure> {
        let store = Arc::new(connect_store(settings).await?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let options = EngineOptions {
            lease: settings.policy.lease,
            max_organizations: settings.policy.cache_organizations,
            ..EngineOptions::default()
        };
        let engine = CasbinPolicyEngine::new(Arc::clone(&store) as _, Arc::clone(&clock), options);
        Ok(Self {
            store,
            policies: Arc::new(engine),
            hasher: Arc::new(hasher(settings)?),
            shared: Shared::connect(settings, &clock),
            clock,
        })
    }

    /// Connects for a command beside a server: the schema is brought up to date
    /// in embedded mode and checked on PostgreSQL.
    pub(crate) async fn connect_for_command(settings: &Settings) -> Result<Self, Failure> {
        if let Some(path) = settings.database.data_dir() {
            DataDir::open(path)?;
        }
        let components = Self::connect(settings).await?;
        match prepare_schema(settings, components.store(), false).await {
            Ok(()) => Ok(components),
            Err(failure) => {
                components.close().await;
                Err(failure)
            }
        }
    }

    /// The database.
    pub(crate) fn store(&self) -> &SqlStore {
        &self.store
    }

    /// The policy engine.
    pub(crate) fn policies(&self) -> Arc<dyn PolicyEngine> {
        Arc::clone(&self.policies)
    }

    /// Makes first users.
    pub(crate) fn bootstrap(&self) -> BootstrapService {
        let (store, policies, clock) = self.parts();
        BootstrapService::new(store, self.new_passwords(), policies, clock)
    }

    /// What the HTTP edge serves with.
    pub(crate) fn http_state(
        &self,
        settings: &Settings,
        secrets: &Secrets,
        metrics: &MetricsHandle,
    ) -> Result<HttpState, Failure> {
        let (store, policies, clock) = self.parts();
        let metrics = metrics.clone();
        Ok(HttpState::new(HttpParts {
            auth: Arc::new(self.auth(settings, secrets)?),
            recovery: Arc::new(self.recovery(settings)),
            limits: self.limits(settings),
            organizations: Arc::new(OrganizationService::new(
                Arc::clone(&store),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            users: Arc::new(UserService::new(
                Arc::clone(&store),
                self.new_passwords(),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            registration: Arc::new(RegistrationService::new(
                Arc::clone(&store),
                self.new_passwords(),
                self.limits(settings),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            bootstrap: Arc::new(self.bootstrap()),
            roles: Arc::new(RoleService::new(
                Arc::clone(&store),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            policy_administration: Arc::new(PolicyAdministration::new(
                Arc::clone(&store),
                Arc::clone(&self.store) as _,
                Arc::clone(&policies),
                self.shared.broadcast.clone(),
                Arc::clone(&clock),
            )),
            decisions: Arc::new(DecisionService::new(
                store,
                policies,
                self.shared.decisions.clone(),
            )),
            probes: self.probes(),
            metrics: Arc::new(move || metrics.render()),
            clock,
            options: http_options(settings, secrets),
        }))
    }

    fn probes(&self) -> Vec<Arc<dyn HealthProbe>> {
        let mut probes: Vec<Arc<dyn HealthProbe>> = vec![
            Arc::new(self.store.database_probe()),
            Arc::new(self.store.migrations_probe()),
        ];
        probes.extend(self.shared.probe.clone());
        probes
    }

    /// Starts telling other processes of policy changes, and hearing theirs.
    pub(crate) fn join_others(&mut self, supervisor: &Supervisor) {
        let Some(broadcast) = &self.shared.broadcast else {
            return;
        };
        let engine = Arc::clone(&self.policies);
        hear_policies(supervisor, Arc::clone(&engine), Arc::clone(broadcast));
        self.policies = announce_policies(supervisor, engine, Arc::clone(broadcast));
    }

    /// Closes the database's connections.
    pub(crate) async fn close(&self) {
        super::close(&self.store).await;
    }

    /// The rule for passwords that shall be set.
    pub(super) fn new_passwords(&self) -> NewPasswords {
        NewPasswords::new(Arc::clone(&self.hasher), Arc::new(CommonPasswordList))
    }

    pub(super) fn parts(&self) -> (Arc<dyn Store>, Arc<dyn PolicyEngine>, Arc<dyn Clock>) {
        let store: Arc<dyn Store> = Arc::clone(&self.store) as _;
        (store, Arc::clone(&self.policies), Arc::clone(&self.clock))
    }
}

fn hasher(settings: &Settings) -> Result<Argon2PasswordHasher, Failure> {
    let argon2 = &settings.argon2;
    let options = Argon2Options {
        memory_kib: argon2.memory_kib,
        iterations: argon2.iterations,
        lanes: argon2.lanes,
        threads: argon2.threads,
        queue: argon2.queue,
    };
    Argon2PasswordHasher::new(options)
        .map_err(|e| Failure::caused("passwords cannot be hashed", &e))
}

fn http_options(settings: &Settings, secrets: &Secrets) -> HttpOptions {
    HttpOptions {
        public_url: settings.http.public_url.clone(),
        cors_origins: settings.http.cors_origins.clone(),
        trusted_proxies: settings.http.trusted_proxies.clone(),
        body_limit: settings.http.body_limit,
        request_timeout: settings.http.request_timeout,
        internal_secret: secrets.internal.clone(),
        bootstrap_secret: secrets.bootstrap.clone(),
        metrics_token: settings.metrics.scrape_token.clone(),
        version: env!("CARGO_PKG_VERSION"),
    }
}
