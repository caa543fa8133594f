//! What requests are served with.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use auth_application::Application;
use auth_domain::clock::Clock;
use auth_domain::health::HealthProbe;
use auth_domain::ids::IdSource;
use bytes::Bytes;
use ipnet::IpNet;
use secrecy::SecretString;

use crate::context::ClientAddress;
use crate::secret::SharedSecret;

/// The services and settings that requests are served with.
pub struct HttpParts {
    /// The services.
    pub app: Arc<Application>,
    /// What `/readyz` asks.
    pub probes: Vec<Arc<dyn HealthProbe>>,
    /// Renders the metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes request ids.
    pub ids: Arc<dyn IdSource>,
    /// Settings.
    pub options: HttpOptions,
}

/// Everything that a handler works with, made once and shared by all threads.
#[derive(Clone)]
pub struct HttpState(Arc<Shared>);

struct Shared {
    parts: HttpParts,
    secrets: Secrets,
    client_address: ClientAddress,
    document: Bytes,
}

/// The shared secrets, as far as they are configured.
pub(crate) struct Secrets {
    pub(crate) internal: Option<SharedSecret>,
    pub(crate) bootstrap: Option<SharedSecret>,
    pub(crate) metrics: Option<SharedSecret>,
}

impl HttpState {
    /// Digests the secrets; `document` is the rendered OpenAPI document.
    pub(crate) fn new(parts: HttpParts, document: Bytes) -> Self {
        let options = &parts.options;
        let digest = |secret: &Option<SecretString>| secret.as_ref().map(SharedSecret::new);
        Self(Arc::new(Shared {
            secrets: Secrets {
                internal: digest(&options.internal_secret),
                bootstrap: digest(&options.bootstrap_secret),
                metrics: digest(&options.metrics_token),
            },
            client_address: ClientAddress::new(options.trusted_proxies.clone()),
            document,
            parts,
        }))
    }

    /// The OpenAPI document as JSON.
    pub fn document(&self) -> Bytes {
        self.0.document.clone()
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    pub(crate) fn client_address(&self) -> &ClientAddress {
        &self.0.client_address
    }
}

impl Deref for HttpState {
    type Target = HttpParts;

    fn deref(&self) -> &HttpParts {
        &self.0.parts
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
    /// The headers that browsers may send from those origins.
    pub cors_request_headers: Vec<String>,
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
    /// The bearer token that reads `/metrics`; `None`: any client does.
    pub metrics_token: Option<SecretString>,
    /// What `/version` answers.
    pub version: &'static str,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            public_url: None,
            cors_origins: Vec::new(),
            cors_request_headers: vec!["Authorization".to_owned(), "Content-Type".to_owned()],
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
