//! Holds answers of a running service to the committed OpenAPI document:
//! method, path template, status, code, media type, headers, and the body
//! against its schema.

mod headers;
mod paths;
mod schemas;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use headers::Headers;
use paths::{Found, Paths};
use schemas::Schemas;

/// The media type of a problem document (RFC 9457).
const PROBLEM: &str = "application/problem+json";

/// What was asked, and what was answered.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The path and query of the request.
    pub target: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer, with names in lower case.
    pub headers: &'a [(String, String)],
    /// The body of the answer.
    pub body: &'a [u8],
}

impl Exchange<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let essence = value.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    }

    fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(self.body).map_err(|error| format!("the body is no JSON: {error}"))
    }
}

/// The OpenAPI document, prepared to judge answers.
pub struct ApiDocument {
    paths: Paths,
    operations: BTreeMap<(String, String), BTreeMap<String, Response>>,
    schemas: Schemas,
    headers: Headers,
}

/// What the document says of one status of an operation.
struct Response {
    codes: BTreeSet<String>,
    content: BTreeMap<String, Value>,
    headers: Value,
}

impl ApiDocument {
    /// The document as it is committed, prepared once per process.
    pub fn committed() -> &'static Self {
        static DOCUMENT: OnceLock<ApiDocument> = OnceLock::new();
        DOCUMENT.get_or_init(|| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
            let text = std::fs::read_to_string(path).unwrap();
            Self::new(&serde_json::from_str(&text).unwrap())
        })
    }

    /// Prepares a document.
    pub fn new(document: &Value) -> Self {
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap().iter();
                let responses = responses.map(|(status, r)| (status.clone(), Response::read(r)));
                let key = (method.to_ascii_uppercase(), path.clone());
                operations.insert(key, responses.collect());
            }
        }
        Self {
            paths: Paths::new(operations.keys().map(|(_, path)| path.as_str())),
            operations,
            schemas: Schemas::new(document),
            headers: Headers::new(document),
        }
    }

    /// Judges an answer.
    ///
    /// # Panics
    /// If the document does not describe it.
    #[track_caller]
    pub fn judge(&self, exchange: &Exchange<'_>) {
        if let Err(complaint) = self.check(exchange) {
            panic!(
                "docs/openapi.json does not describe the answer {} to {} {}: {complaint}\n{:?}\n{}",
                exchange.status,
                exchange.method,
                exchange.target,
                exchange.headers,
                String::from_utf8_lossy(exchange.body),
            );
        }
    }

    /// What the document does not describe of an answer.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&self, exchange: &Exchange<'_>) -> Result<(), String> {
        match self.paths.find(exchange.method, exchange.target) {
            Found::Template(template) => self.check_template(exchange, template),
            Found::Page(media_type) => self.check_page(exchange, media_type),
            Found::Nothing => self.check_router(exchange, 404, "not_found"),
        }
    }

    fn check_template(&self, exchange: &Exchange<'_>, template: &str) -> Result<(), String> {
        // The head of GET, which the document describes.
        let method = match exchange.method {
            "HEAD" => "GET",
            method => method,
        };
        let key = (method.to_owned(), template.to_owned());
        let Some(responses) = self.operations.get(&key) else {
            return self.check_method(exchange, template);
        };
        let response = responses
            .get(&exchange.status.to_string())
            .ok_or_else(|| format!("{template} has no such status"))?;
        self.headers
            .check(exchange, &response.headers, &self.schemas)?;
        if response.content.is_empty() {
            return expect(exchange.body.is_empty(), "a body where none is described");
        }
        let media_type = exchange.media_type().ok_or("no Content-Type")?;
        let schema = response
            .content
            .get(&media_type)
            .ok_or_else(|| format!("{media_type} is not described"))?;
        if media_type == PROBLEM {
            self.check_problem(exchange, |code| response.codes.contains(code))
        } else if media_type.ends_with("json") {
            self.schemas.check(schema, &exchange.json()?)
        } else {
            Ok(())
        }
    }

    /// A path of the document, by a method that it does not have there: the
    /// answer of the router, or to a browser's preflight.
    fn check_method(&self, exchange: &Exchange<'_>, template: &str) -> Result<(), String> {
        if exchange.method == "OPTIONS" && exchange.status == 204 {
            self.headers.check_preflight(exchange)?;
            return expect(exchange.body.is_empty(), "a preflight has no body");
        }
        self.check_router(exchange, 405, "method_not_allowed")?;
        let allowed = exchange.header("allow").ok_or("a 405 without Allow")?;
        for (method, path) in self.operations.keys() {
            let named = allowed.split(", ").any(|allowed| allowed == method);
            expect(path != template || named, "Allow names not every method")?;
        }
        Ok(())
    }

    /// An answer of the router itself: what no route takes.
    fn check_router(&self, exchange: &Exchange<'_>, status: u16, code: &str) -> Result<(), String> {
        expect(exchange.status == status, "no route of the document")?;
        self.headers.check_everywhere(exchange)?;
        self.check_problem(exchange, |other| other == code)
    }

    /// A documentation page, which the document leaves out.
    fn check_page(&self, exchange: &Exchange<'_>, media_type: &str) -> Result<(), String> {
        if !["GET", "HEAD"].contains(&exchange.method) {
            return self.check_router(exchange, 405, "method_not_allowed");
        }
        if exchange.status != 200 {
            return self.check_router(exchange, 404, "not_found");
        }
        self.headers.check_page(exchange)?;
        let sent = exchange.media_type().unwrap_or_default();
        expect(sent.starts_with(media_type), "another media type")
    }

    fn check_problem(
        &self,
        exchange: &Exchange<'_>,
        known: impl Fn(&str) -> bool,
    ) -> Result<(), String> {
        let sent = exchange.media_type();
        expect(sent.as_deref() == Some(PROBLEM), "not a problem document")?;
        let body = exchange.json()?;
        self.schemas.check(&Schemas::problem(), &body)?;
        expect(body["status"] == exchange.status, "another status inside")?;
        let code = body["code"].as_str().unwrap_or_default();
        expect(known(code), &format!("the code {code} is not described"))
    }
}

impl Response {
    fn read(response: &Value) -> Self {
        let codes = response["x-codes"].as_array().into_iter().flatten();
        let content = response["content"].as_object().into_iter().flatten();
        Self {
            codes: codes.map(|code| code.as_str().unwrap().into()).collect(),
            content: content
                .map(|(media_type, content)| (media_type.clone(), content["schema"].clone()))
                .collect(),
            headers: response["headers"].clone(),
        }
    }
}

fn expect(holds: bool, complaint: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(complaint.to_owned())
    }
}
