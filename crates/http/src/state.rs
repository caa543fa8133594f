//! What the server hands over to the edge.

use std::sync::Arc;
use std::time::Duration;

use auth_application::bootstrap::BootstrapService;
use auth_application::identity::{AuthService, RecoveryService};
use auth_application::organizations::OrganizationService;
use auth_application::rbac::{DecisionService, PolicyAdministration, RoleService};
use auth_application::security::Limits;
use auth_application::users::{RegistrationService, UserService};
use auth_domain::clock::Clock;
use auth_domain::health::HealthProbe;
use ipnet::IpNet;
use secrecy::SecretString;

use crate::access::SharedSecret;
use crate::docs::Documents;
use crate::edge::{ClientAddress, Cors, HttpMetrics, RequestIds};
use crate::routing::Route;

/// The services and settings that requests are served with.
pub struct HttpParts {
    /// Signing in and out.
    pub auth: Arc<AuthService>,
    /// Resetting passwords and verifying addresses.
    pub recovery: Arc<RecoveryService>,
    /// What slows attackers down.
    pub limits: Limits,
    /// Organizations.
    pub organizations: Arc<OrganizationService>,
    /// Users of organizations.
    pub users: Arc<UserService>,
    /// Self-registration.
    pub registration: Arc<RegistrationService>,
    /// First users.
    pub bootstrap: Arc<BootstrapService>,
    /// Decisions.
    pub decisions: Arc<DecisionService>,
    /// Roles, grants and assignments.
    pub roles: Arc<RoleService>,
    /// What operators do with policy.
    pub policy_administration: Arc<PolicyAdministration>,
    /// What `/readyz` asks.
    pub probes: Vec<Arc<dyn HealthProbe>>,
    /// Renders the metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Settings.
    pub options: HttpOptions,
}

/// Everything that serving a request needs, made once and shared by all
/// threads.
#[derive(Clone)]
pub struct HttpState(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) parts: HttpParts,
    pub(crate) secrets: Secrets,
    pub(crate) client_address: ClientAddress,
    pub(crate) cors: Cors,
    pub(crate) https: bool,
    pub(crate) metrics: HttpMetrics,
    pub(crate) request_ids: RequestIds,
    pub(crate) documents: Documents,
    /// Every route, for the router of each thread.
    pub(crate) routes: Vec<Route>,
}

/// The shared secrets, as far as they are configured.
pub(crate) struct Secrets {
    pub(crate) internal: Option<SharedSecret>,
    pub(crate) bootstrap: Option<SharedSecret>,
    pub(crate) metrics: Option<SharedSecret>,
}

impl HttpState {
    /// Prepares serving: renders the documents, digests the secrets.
    pub fn new(parts: HttpParts) -> Self {
        let options = &parts.options;
        let digest = |secret: &Option<SecretString>| secret.as_ref().map(SharedSecret::new);
        let routes = crate::all_routes();
        Self(Arc::new(Shared {
            secrets: Secrets {
                internal: digest(&options.internal_secret),
                bootstrap: digest(&options.bootstrap_secret),
                metrics: digest(&options.metrics_token),
            },
            client_address: ClientAddress::new(options.trusted_proxies.clone()),
            cors: Cors::new(&options.cors_origins),
            https: options
                .public_url
                .as_ref()
                .is_some_and(|url| url.scheme() == "https"),
            metrics: HttpMetrics::new(routes.iter().map(Route::template)),
            request_ids: RequestIds::new(),
            documents: Documents::render(&routes),
            routes: routes.into_iter().map(Route::bare).collect(),
            parts,
        }))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }
}

/// The settings of the edge.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Where clients reach the service; `https` turns HSTS on.
    pub public_url: Option<url::Url>,
    /// The origins that browsers may call from, exactly as they send them
    /// (`https://app.example.com`); empty: none.
    pub cors_origins: Vec<String>,
    /// The networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// `X-Internal-Secret`; `None`: its routes answer 503.
    pub internal_secret: Option<SecretString>,
    /// `X-Bootstrap-Secret`; `None`: its routes answer 503.
    pub bootstrap_secret: Option<SecretString>,
    /// The bearer token that reads `/metrics`; `None`: anybody does.
    pub metrics_token: Option<SecretString>,
    /// What `/version` answers.
    pub version: &'static str,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            public_url: None,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            body_limit: 1024 * 1024,
            request_timeout: Duration::from_secs(30),
            internal_secret: None,
            bootstrap_secret: None,
            metrics_token: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}
