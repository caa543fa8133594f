//! The edge: where to listen, HTTP, logs, metrics.

use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::{Environment, size, threads};
use crate::load::Reader;

/// The form of log entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One line for a person.
    Text,
}

/// Where to listen, and how to end.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Host name or address.
    pub host: String,
    /// Port; 0: any free one.
    pub port: u16,
    /// Threads that serve requests.
    pub workers: usize,
    /// How long requests in flight get at shutdown.
    pub drain: Duration,
}

/// The HTTP edge.
#[derive(Debug, Clone)]
pub struct Http {
    /// Where clients reach the service.
    pub public_url: Option<Url>,
    /// Origins that browsers may call from.
    pub cors_origins: Vec<String>,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a request may take.
    pub request_timeout: Duration,
}

/// Logs.
#[derive(Debug, Clone)]
pub struct Logs {
    /// Filter directives.
    pub filter: String,
    /// The form.
    pub format: LogFormat,
}

/// Metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// The bearer token that reads them.
    pub scrape_token: Option<SecretString>,
}

pub(super) fn listen(reader: &mut Reader<'_>) -> Listen {
    Listen {
        host: reader.text("HOST").unwrap_or_default(),
        port: u16::try_from(reader.number("PORT", 0, 65_535)).unwrap_or_default(),
        workers: threads(reader, "HTTP_WORKERS"),
        drain: Duration::from_secs(reader.number("DRAIN_SECONDS", 0, 600)),
    }
}

pub(super) fn http(reader: &mut Reader<'_>) -> Http {
    Http {
        public_url: reader.parsed("PUBLIC_URL", "an absolute URL"),
        cors_origins: reader.list("CORS_ORIGINS", "a list of origins"),
        trusted_proxies: proxies(reader),
        body_limit: size(reader.number("BODY_LIMIT_BYTES", 1024, 64 << 20)),
        request_timeout: Duration::from_secs(reader.number("REQUEST_TIMEOUT_SECONDS", 1, 3600)),
    }
}

pub(super) fn logs(reader: &mut Reader<'_>, environment: Environment) -> Logs {
    let level = reader.text("LOG_LEVEL").unwrap_or_default();
    let filter = match level.to_uppercase().as_str() {
        "NOTSET" => "trace".to_owned(),
        "WARNING" => "warn".to_owned(),
        "FATAL" => "error".to_owned(),
        "DEBUG" | "INFO" | "ERROR" => level.to_lowercase(),
        _ => level,
    };
    let format = reader.text("LOG_FORMAT");
    let format = match format.as_deref() {
        Some("text") => LogFormat::Text,
        None if environment == Environment::Development => LogFormat::Text,
        Some("json") | None => LogFormat::Json,
        Some(other) => {
            let text = format!("must be json or text, and is {other:?}");
            reader.problem("LOG_FORMAT", text);
            LogFormat::Json
        }
    };
    Logs { filter, format }
}

/// Networks; a single address is the network of just that address.
fn proxies(reader: &mut Reader<'_>) -> Vec<IpNet> {
    let texts: Vec<String> = reader.list("TRUSTED_PROXIES", "a list of networks");
    let mut networks = Vec::new();
    for text in texts {
        let network = text
            .parse()
            .ok()
            .or_else(|| text.parse().ok().map(|ip: std::net::IpAddr| ip.into()));
        match network {
            Some(network) => networks.push(network),
            None => reader.problem(
                "TRUSTED_PROXIES",
                format_args!("{text:?} is no network such as 10.0.0.0/8"),
            ),
        }
    }
    networks
}
