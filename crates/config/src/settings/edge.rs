//! The edge: where to listen, HTTP, logs, metrics.

use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::{Environment, one_a_processor};
use crate::kinds::{
    header_names, host, networks, number, origins, parsed, seconds, secret, web_url,
};
use crate::setting::{Form, Setting};

section! {
    /// Where to listen, and how to end.
    #[derive(Debug, Clone)]
    pub struct Listen {
        /// The address to listen on.
        HOST => pub host: String = host().default("127.0.0.1"),
        /// The port to listen on; 0 takes any free one.
        PORT => pub port: u16 = number(0, 65_535).default("8000"),
        /// Threads that serve requests; unset: one a processor.
        HTTP_WORKERS => pub workers: usize = number(1, 1024).unset(one_a_processor),
        /// Connections that may wait to be accepted.
        HTTP_BACKLOG => pub backlog: u32 = number(1, 65_535).default("1024"),
        /// Connections of one thread at once; further ones wait to be accepted.
        HTTP_MAX_CONNECTIONS => pub max_connections: usize =
            number(1, 1_000_000).default("25000"),
        /// Seconds that a connection is kept without a request: longer than a balancer in front
        /// keeps its own, or it sends requests into a closed one; 0: closed after each answer.
        HTTP_KEEP_ALIVE_SECONDS => pub keep_alive: Duration = seconds(0, 86_400).default("620"),
        /// Seconds that the head of a request may take to arrive.
        HTTP_HEAD_TIMEOUT_SECONDS => pub head_timeout: Duration = seconds(1, 600).default("10"),
        /// Seconds between the signal to end and closing the listener: `readyz` says 503
        /// meanwhile, so that balancers look elsewhere first.
        SHUTDOWN_DELAY_SECONDS => pub shutdown_delay: Duration = seconds(0, 600).default("0"),
        /// Seconds that requests in flight get at shutdown.
        DRAIN_SECONDS => pub drain: Duration = seconds(0, 600).default("8"),
    }
}

section! {
    /// The HTTP edge.
    #[derive(Debug, Clone)]
    pub struct Http {
        /// Seconds that a request may take.
        REQUEST_TIMEOUT_SECONDS => pub request_timeout: Duration = seconds(1, 3600).default("30"),
        /// The largest request body, in bytes.
        BODY_LIMIT_BYTES => pub body_limit: usize = number(1024, 64 << 20).default("1048576"),
        /// Where clients reach the service; `https` turns HSTS on.
        PUBLIC_URL => pub public_url: Option<Url> = web_url(),
        /// Origins that browsers may call from.
        CORS_ORIGINS => pub cors_origins: Vec<String> = origins(),
        /// Headers that browsers may send from those origins.
        CORS_REQUEST_HEADERS => pub cors_request_headers: Vec<String> = header_names().default(
            "Authorization, Content-Type, If-Match, X-Request-Id, traceparent, tracestate, baggage",
        ),
        /// Networks whose `X-Forwarded-For` is believed; never every address.
        TRUSTED_PROXIES => pub trusted_proxies: Vec<IpNet> = networks(),
    }
}

section! {
    /// Logs.
    #[derive(Debug, Clone)]
    pub struct Logs {
        /// The least level that is logged, or directives for parts of the program.
        LOG_LEVEL => pub filter: String = filter().default("INFO"),
        /// The form of log entries; unset: text in development, else json.
        LOG_FORMAT => pub format: LogFormat =
            parsed::<LogFormat, _>("json or text").unset(LogFormat::of_environment),
    }
}

section! {
    /// Metrics.
    #[derive(Debug, Clone)]
    pub struct Metrics {
        /// The bearer token that reads `/metrics`; unset: none is asked for.
        METRICS_SCRAPE_TOKEN => pub scrape_token: Option<SecretString> = secret(),
    }
}

/// The form of log entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// One line for a person.
    Text,
}

impl LogFormat {
    fn of_environment(environment: Environment) -> Self {
        match environment {
            Environment::Development => Self::Text,
            Environment::Production | Environment::Test => Self::Json,
        }
    }
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(()),
        }
    }
}

/// A filter: the levels of the predecessor become directives, directives stay
/// as they are. Whether those are well-formed, the logs' adapter knows.
const fn filter() -> Setting<String> {
    let what = "DEBUG, INFO, WARNING, ERROR, or filter directives such as info,auth_http=debug";
    let form = Form::Text(what);
    Setting::new(form, |text, _| {
        Ok(match text.to_uppercase().as_str() {
            "NOTSET" => "trace".to_owned(),
            "WARNING" => "warn".to_owned(),
            "FATAL" => "error".to_owned(),
            "DEBUG" | "INFO" | "ERROR" => text.to_lowercase(),
            _ => text.to_owned(),
        })
    })
}
