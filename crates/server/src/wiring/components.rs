use std::sync::Arc;

use auth_application::bootstrap::BootstrapService;
use auth_application::identity::{AuthPorts, AuthService, SessionLifetimes};
use auth_application::organizations::OrganizationService;
use auth_application::rbac::DecisionService;
use auth_application::users::{RegistrationService, UserService};
use auth_casbin::{CasbinPolicyEngine, EngineOptions};
use auth_config::Settings;
use auth_crypto::{
    Argon2Options, Argon2PasswordHasher, ChaChaRefreshTokens, JwtIssuer, JwtOptions, SystemClock,
};
use auth_domain::clock::Clock;
use auth_domain::identity::PasswordHasher;
use auth_domain::rbac::PolicyEngine;
use auth_domain::store::Store;
use auth_http::{HttpOptions, HttpParts, HttpState};
use auth_sql::SqlStore;
use auth_telemetry::MetricsHandle;

use super::{DataDir, Secrets, connect_store, prepare_schema};
use crate::Failure;

/// The adapters of a process, each made once.
pub(crate) struct Components {
    store: Arc<SqlStore>,
    policies: Arc<dyn PolicyEngine>,
    hasher: Arc<dyn PasswordHasher>,
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
        let (store, policies, clock) = self.shared();
        BootstrapService::new(store, Arc::clone(&self.hasher), policies, clock)
    }

    /// What the HTTP edge serves with.
    pub(crate) fn http_state(
        &self,
        settings: &Settings,
        secrets: &Secrets,
        metrics: &MetricsHandle,
    ) -> Result<HttpState, Failure> {
        let (store, policies, clock) = self.shared();
        let hasher = Arc::clone(&self.hasher);
        let metrics = metrics.clone();
        Ok(HttpState::new(HttpParts {
            auth: Arc::new(self.auth(settings, secrets)?),
            organizations: Arc::new(OrganizationService::new(
                Arc::clone(&store),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            users: Arc::new(UserService::new(
                Arc::clone(&store),
                Arc::clone(&hasher),
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            registration: Arc::new(RegistrationService::new(
                Arc::clone(&store),
                hasher,
                Arc::clone(&policies),
                Arc::clone(&clock),
            )),
            bootstrap: Arc::new(self.bootstrap()),
            decisions: Arc::new(DecisionService::new(store, policies)),
            probes: vec![
                Arc::new(self.store.database_probe()),
                Arc::new(self.store.migrations_probe()),
            ],
            metrics: Arc::new(move || metrics.render()),
            clock,
            options: http_options(settings, secrets),
        }))
    }

    /// Closes the database's connections.
    pub(crate) async fn close(&self) {
        super::close(&self.store).await;
    }

    fn auth(&self, settings: &Settings, secrets: &Secrets) -> Result<AuthService, Failure> {
        let options = JwtOptions {
            key: secrets.token_key.clone(),
            issuer: settings.tokens.issuer.clone(),
            audience: settings.tokens.audience.clone(),
        };
        let issuer = JwtIssuer::new(options)
            .map_err(|e| Failure::caused("access tokens cannot be signed", &e))?;
        let (store, policies, clock) = self.shared();
        let ports = AuthPorts {
            store,
            hasher: Arc::clone(&self.hasher),
            issuer: Arc::new(issuer),
            refresh_tokens: Arc::new(ChaChaRefreshTokens),
            policies,
            clock,
        };
        let lifetimes = SessionLifetimes {
            access: settings.tokens.access,
            legacy_access: settings.tokens.legacy_access,
            refresh: settings.tokens.refresh,
            absolute: settings.tokens.absolute,
        };
        Ok(AuthService::new(ports, lifetimes))
    }

    fn shared(&self) -> (Arc<dyn Store>, Arc<dyn PolicyEngine>, Arc<dyn Clock>) {
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
