//! The headers of answers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::schemas::Schemas;
use super::{Exchange, expect};

/// What HTTP itself sends (RFC 9110); OpenAPI leaves `Content-Type` to the
/// media types.
const OF_HTTP: &[&str] = &[
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
];

/// What the answer to a preflight of a browser has (Fetch, section 3.2.3).
const OF_PREFLIGHT: &[&str] = &[
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-max-age",
];

/// The headers that the document describes for all answers at once, in
/// `x-headers`, and the shared ones that responses refer to.
pub(super) struct Headers {
    everywhere: BTreeSet<String>,
    shared: Value,
}

impl Headers {
    pub(super) fn new(document: &Value) -> Self {
        let everywhere = document["x-headers"].as_object().into_iter().flatten();
        Self {
            everywhere: everywhere
                .map(|(name, _)| name.to_ascii_lowercase())
                .collect(),
            shared: document["components"]["headers"].clone(),
        }
    }

    /// Every header that was sent is described, every required one was sent,
    /// and each has a value of its schema.
    pub(super) fn check(
        &self,
        exchange: &Exchange<'_>,
        described: &Value,
        schemas: &Schemas,
    ) -> Result<(), String> {
        let described = described.as_object();
        let described: Vec<(String, &Value)> = described
            .into_iter()
            .flatten()
            .map(|(name, header)| (name.to_ascii_lowercase(), self.resolve(header)))
            .collect();
        for (name, header) in &described {
            let Some(value) = exchange.header(name) else {
                expect(header["required"] != true, &format!("{name} is missing"))?;
                continue;
            };
            let is_number = header["schema"]["type"] == "integer";
            let value = match value.parse::<i64>() {
                Ok(number) if is_number => Value::from(number),
                _ => Value::from(value),
            };
            schemas.check(&header["schema"], &value)?;
        }
        self.check_names(exchange, |name| {
            described.iter().any(|(known, _)| known == name)
        })
    }

    /// An answer that no route gives has only what every answer has.
    pub(super) fn check_everywhere(&self, exchange: &Exchange<'_>) -> Result<(), String> {
        self.check_names(exchange, |name| ["allow", "x-request-id"].contains(&name))?;
        let request_id = exchange.header("x-request-id");
        expect(request_id.is_some(), "x-request-id is missing")
    }

    pub(super) fn check_preflight(&self, exchange: &Exchange<'_>) -> Result<(), String> {
        self.check_names(exchange, |name| {
            name == "x-request-id" || OF_PREFLIGHT.contains(&name)
        })
    }

    pub(super) fn check_page(&self, exchange: &Exchange<'_>) -> Result<(), String> {
        self.check_names(exchange, |name| {
            ["content-security-policy", "x-request-id"].contains(&name)
        })
    }

    fn check_names(
        &self,
        exchange: &Exchange<'_>,
        known: impl Fn(&str) -> bool,
    ) -> Result<(), String> {
        for (name, _) in exchange.headers {
            let described =
                OF_HTTP.contains(&name.as_str()) || self.everywhere.contains(name) || known(name);
            expect(described, &format!("the header {name} is not described"))?;
        }
        Ok(())
    }

    fn resolve<'a>(&'a self, header: &'a Value) -> &'a Value {
        let name = header["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        name.map_or(header, |name| &self.shared[name])
    }
}
