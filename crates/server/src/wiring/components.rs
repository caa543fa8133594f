use std::sync::Arc;

use auth_amqp::{AmqpEventBus, AmqpOptions, AmqpProbe};
use auth_application::events::{OutboxAdministration, Relay, RelayOptions};
use auth_application::identity::SessionGauges;
use auth_application::jobs::JobAdministration;
use auth_application::{Application, Ports};
use auth_casbin::{CasbinPolicyEngine, EngineOptions};
use auth_config::Settings;
use auth_crypto::{
    Argon2PasswordHasher, ChaChaRefreshTokens, CommonPasswordList, RandomOneTimeTokens,
    SystemClock, SystemIds,
};
use auth_domain::clock::Clock;
use auth_domain::health::HealthProbe;
use auth_domain::identity::PasswordHasher;
use auth_domain::ids::IdSource;
use auth_domain::rbac::{PolicyEngine, PolicyFeed};
use auth_http::{HttpOptions, HttpParts, HttpService};
use auth_sql::SqlStore;
use auth_telemetry::MetricsHandle;
use auth_worker_core::{Supervisor, announce_policies, hear_policies};

use super::identity::{self, options};
use super::options::argon2_options;
use super::{DataDir, Secrets, Shared, connect_store, prepare_schema};
use crate::Failure;
use crate::serve::Ending;

/// The adapters of a process, each made once.
pub(crate) struct Components {
    store: Arc<SqlStore>,
    policies: Arc<dyn PolicyEngine>,
    feed: Arc<dyn PolicyFeed>,
    pub(super) hasher: Arc<dyn PasswordHasher>,
    pub(super) shared: Shared,
    bus: Option<AmqpEventBus>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Components {
    /// Connects what the settings name. The schema is not looked at yet.
    pub(crate) async fn connect(settings: &Settings) -> Result<Self, Failure> {
        let store = Arc::new(connect_store(settings).await?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
        let options = EngineOptions {
            lease: settings.policy.lease,
            max_organizations: settings.policy.cache_organizations,
            ..EngineOptions::default()
        };
        let engine = CasbinPolicyEngine::new(Arc::clone(&store) as _, Arc::clone(&clock), options);
        let engine = Arc::new(engine);
        Ok(Self {
            store,
            policies: Arc::clone(&engine) as _,
            feed: engine,
            hasher: Arc::new(hasher(settings)?),
            shared: Shared::connect(settings, &clock, &ids),
            bus: amqp_options(settings).map(AmqpEventBus::new),
            ids,
            clock,
        })
    }

    /// Connects for a command beside a server: the schema is brought up to date
    /// in embedded mode and checked on PostgreSQL.
    pub(crate) async fn connect_for_command(
        settings: &Settings,
    ) -> Result<(Self, Application), Failure> {
        let dir = settings
            .is_embedded()
            .then(|| DataDir::open(&settings.installation.data_dir))
            .transpose()?;
        let secrets = Secrets::resolve(settings, dir.as_ref())?;
        let components = Self::connect(settings).await?;
        let prepared = prepare_schema(settings, components.store(), false).await;
        let app = prepared.and_then(|()| components.application(settings, &secrets));
        match app {
            Ok(app) => Ok((components, app)),
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

    /// The database behind its ports, and the clock.
    pub(crate) fn store_and_clock(&self) -> (Arc<SqlStore>, Arc<dyn Clock>) {
        (Arc::clone(&self.store), Arc::clone(&self.clock))
    }

    /// Jobs for an operator.
    pub(crate) fn job_administration(&self) -> JobAdministration {
        JobAdministration::new(Arc::clone(&self.store) as _, Arc::clone(&self.clock))
    }

    /// The outbox for an operator.
    pub(crate) fn outbox_administration(&self) -> OutboxAdministration {
        OutboxAdministration::new(
            Arc::clone(&self.store) as _,
            Arc::clone(&self.store) as _,
            Arc::clone(&self.clock),
        )
    }

    /// Publishes the outbox on RabbitMQ, where the settings name one.
    pub(crate) fn relay(&self) -> Option<Relay> {
        let bus = self.bus.clone()?;
        Some(Relay::new(
            Arc::clone(&self.store) as _,
            Arc::new(bus),
            Arc::clone(&self.clock),
            RelayOptions::default(),
        ))
    }

    /// Counts live sessions for the metrics.
    pub(crate) fn session_gauges(&self) -> SessionGauges {
        SessionGauges::new(Arc::clone(&self.store) as _, Arc::clone(&self.clock))
    }

    /// What keeps the policy engine fresh.
    pub(crate) fn policy_feed(&self) -> Arc<dyn PolicyFeed> {
        Arc::clone(&self.feed)
    }

    /// The application over these adapters.
    pub(crate) fn application(
        &self,
        settings: &Settings,
        secrets: &Secrets,
    ) -> Result<Application, Failure> {
        let ports = Ports {
            store: Arc::clone(&self.store) as _,
            policy_rows: Arc::clone(&self.store) as _,
            policies: Arc::clone(&self.policies),
            policy_feed: Arc::clone(&self.feed),
            broadcast: self.shared.broadcast.clone(),
            decisions: self.shared.decisions.clone(),
            hasher: Arc::clone(&self.hasher),
            common_passwords: Arc::new(CommonPasswordList),
            issuer: Arc::new(identity::issuer(settings, secrets)?),
            refresh_tokens: Arc::new(ChaChaRefreshTokens),
            one_time_tokens: Arc::new(RandomOneTimeTokens),
            token_index: Arc::clone(&self.shared.token_index),
            sessions: self.cached_sessions(settings),
            login_names: Arc::new(identity::login_names(settings, secrets)?),
            limiter: Arc::clone(&self.shared.limiter),
            mailer: Arc::new(self.mailer(settings)?),
            ids: Arc::clone(&self.ids),
            clock: Arc::clone(&self.clock),
        };
        Ok(Application::new(ports, options(settings)))
    }

    /// What the HTTP edge serves with.
    pub(crate) fn http_service(
        &self,
        app: Arc<Application>,
        settings: &Settings,
        secrets: &Secrets,
        metrics: &MetricsHandle,
        ending: &Ending,
    ) -> HttpService {
        let metrics = metrics.clone();
        auth_http::service(HttpParts {
            app,
            probes: self.probes(ending),
            metrics: Arc::new(move || metrics.render()),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            options: http_options(settings, secrets),
        })
    }

    fn probes(&self, ending: &Ending) -> Vec<Arc<dyn HealthProbe>> {
        let mut probes: Vec<Arc<dyn HealthProbe>> = vec![
            Arc::new(ending.clone()),
            Arc::new(self.store.database_probe()),
            Arc::new(self.store.migrations_probe()),
        ];
        probes.extend(self.shared.probe.clone());
        let bus = self.bus.clone().map(AmqpProbe::new);
        probes.extend(bus.map(|probe| Arc::new(probe) as _));
        probes
    }

    /// Starts telling other processes of policy changes, and hearing theirs.
    pub(crate) fn join_others(&mut self, supervisor: &Supervisor) {
        let Some(broadcast) = &self.shared.broadcast else {
            return;
        };
        let feed = Arc::clone(&self.feed);
        hear_policies(supervisor, Arc::clone(&feed), Arc::clone(broadcast));
        self.feed = announce_policies(supervisor, feed, Arc::clone(broadcast));
    }

    /// Closes the connections.
    pub(crate) async fn close(&self) {
        if let Some(bus) = &self.bus {
            bus.close().await;
        }
        super::close(&self.store).await;
    }
}

/// Where RabbitMQ is; `None`: the settings name none.
pub(crate) fn amqp_options(settings: &Settings) -> Option<AmqpOptions> {
    let rabbit = settings.rabbit.as_ref()?;
    Some(AmqpOptions {
        host: rabbit.host.clone(),
        port: rabbit.port,
        user: rabbit.user.clone(),
        password: rabbit.password.clone(),
        virtual_host: rabbit.virtual_host.clone(),
        connection_name: format!("auth-microservice {}", env!("CARGO_PKG_VERSION")),
        confirm_timeout: rabbit.confirm_timeout,
    })
}

fn hasher(settings: &Settings) -> Result<Argon2PasswordHasher, Failure> {
    Argon2PasswordHasher::new(argon2_options(settings))
        .map_err(|e| Failure::caused("passwords cannot be hashed", &e))
}

fn http_options(settings: &Settings, secrets: &Secrets) -> HttpOptions {
    HttpOptions {
        public_url: settings.http.public_url.clone(),
        cors_origins: settings.http.cors_origins.clone(),
        cors_request_headers: settings.http.cors_request_headers.clone(),
        trusted_proxies: settings.http.trusted_proxies.clone(),
        body_limit: settings.http.body_limit,
        request_timeout: settings.http.request_timeout,
        internal_secret: secrets.internal.clone(),
        bootstrap_secret: secrets.bootstrap.clone(),
        metrics_token: settings.metrics.scrape_token.clone(),
        version: env!("CARGO_PKG_VERSION"),
    }
}
