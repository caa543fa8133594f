//! The edge: where to listen, HTTP, logs, metrics.

use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::{Environment, one_a_processor};
use crate::kinds::{host, networks, number, origins, parsed, seconds, secret, web_url};
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
