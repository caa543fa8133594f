//! A client, and what it is answered.

use std::time::Duration;

use auth_testkit::openapi::{ApiDocument, Exchange};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PASSWORD, SECRET, Server};

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The stable code of a problem.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }

    /// A refusal: a problem document with that status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (status, code),
            "{}",
            self.text
        );
        let content_type = self.headers["content-type"].to_str().unwrap();
        assert_eq!(content_type, "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert!(self.body["request_id"].is_string(), "{}", self.text);
        assert!(self.body["title"].is_string(), "{}", self.text);
        if status != 422 {
            assert_eq!(self.body["detail"], code);
        }
        if status == 401 {
            let challenge = self.headers["www-authenticate"].to_str().unwrap();
            assert!(challenge.starts_with("Bearer"), "{challenge}");
        }
    }

    /// A 429 of a rule that allows `quota` in `window` seconds, which says
    /// when to come again.
    #[track_caller]
    pub(crate) fn limited(&self, rule: &str, quota: u32, window: u64) {
        self.refused(429, "rate_limited");
        let header = |name| self.headers[name].to_str().unwrap();
        let wait: u64 = header("retry-after").parse().unwrap();
        assert!((1..=window).contains(&wait), "{wait}");
        let policy = format!("\"{rule}\";q={quota};w={window}");
        assert_eq!(header("ratelimit-policy"), policy);
        assert_eq!(header("ratelimit"), format!("\"{rule}\";r=0;t={wait}"));
    }

    /// A 422 whose errors name exactly these places.
    #[track_caller]
    pub(crate) fn invalid(&self, locs: &[Value]) {
        assert_eq!(self.status.as_u16(), 422, "{}", self.text);
        let errors = self.body["errors"].as_array().expect("a list of errors");
        let found: Vec<&Value> = errors.iter().map(|e| &e["loc"]).collect();
        assert_eq!(found, locs.iter().collect::<Vec<_>>(), "{}", self.text);
        assert_eq!(self.body["detail"], self.body["errors"]);
        assert!(errors.iter().all(|e| e.get("input").is_none()));
    }
}

/// A client.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    base: String,
    headers: Vec<(&'static str, String)>,
}

impl Api {
    pub(crate) fn new(base: &str) -> Self {
        // The service closes a connection that is idle for five seconds.
        let client = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(2));
        Self {
            client: client.build().unwrap(),
            base: base.to_owned(),
            headers: Vec::new(),
        }
    }

    /// The same client of another process.
    pub(crate) fn at(&self, server: &Server) -> Self {
        Self {
            base: server.base.clone(),
            ..self.clone()
        }
    }

    /// The same client with one more header.
    pub(crate) fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut api = self.clone();
        api.headers.push((name, value.into()));
        api
    }

    pub(crate) fn bearer(&self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn service(&self) -> Self {
        self.with("x-internal-secret", SECRET)
    }

    /// The same client at another address, for a service behind a proxy.
    pub(crate) fn from(&self, address: &str) -> Self {
        self.with("x-forwarded-for", address)
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| body.to_string().into_bytes());
        self.send(method, path, "application/json", body).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Option<Vec<u8>>,
    ) -> Answer {
        let target = format!("{}{path}", self.base);
        let mut request = self.client.request(method.clone(), target);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.header("content-type", content_type).body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let named = headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        });
        ApiDocument::committed().judge(&Exchange {
            method: method.as_str(),
            target: path,
            status: status.as_u16(),
            headers: &named.collect::<Vec<_>>(),
            body: text.as_bytes(),
        });
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            body,
            text,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(&body)).await
    }

    pub(crate) async fn login(&self, username: &str) -> Answer {
        self.login_with(username, PASSWORD).await
    }

    pub(crate) async fn login_with(&self, username: &str, password: &str) -> Answer {
        let body = json!({"username": username, "password": password});
        self.post("/api/v1/auth/login", body).await
    }

    /// Tries a wrong password.
    pub(crate) async fn guess(&self, username: &str) -> Answer {
        self.login_with(username, "not the password").await
    }

    /// Asks for a mail that resets a password.
    pub(crate) async fn forgot(&self, email: &str) -> Answer {
        let body = json!({"email": email});
        self.post("/api/v1/auth/password/forgot", body).await
    }

    /// Sets a new password with a mailed token.
    pub(crate) async fn reset(&self, token: &str, password: &str) -> Answer {
        let body = json!({"token": token, "new_password": password});
        self.post("/api/v1/auth/password/reset", body).await
    }

    /// Signs in and acts as that user from then on.
    pub(crate) async fn signed_in(&self, username: &str) -> (Self, Value) {
        let answer = self.login(username).await.expect(200);
        let token = answer["tokens"]["access_token"].as_str().unwrap();
        (self.bearer(token), answer)
    }
}
