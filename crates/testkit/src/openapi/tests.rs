use serde_json::json;

use super::*;

fn document() -> ApiDocument {
    ApiDocument::new(&json!({
        "paths": {"/api/users/{user_id}": {"get": {"responses": {
            "200": {
                "headers": {
                    "X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"},
                    "Link": {"schema": {"type": "string"}},
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}},
            },
            "404": {
                "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
                "content": {"application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                }},
                "x-codes": ["user_not_found"],
            },
        }}}},
        "components": {
            "headers": {"X-Request-Id": {"required": true, "schema": {"type": "string"}}},
            "schemas": {
                "Problem": {"type": "object", "required": ["status", "code"]},
                "User": {
                    "type": "object",
                    "required": ["user_id"],
                    "properties": {"user_id": {"type": "integer"}},
                },
            },
        },
        "x-headers": {"Vary": "For browsers."},
    }))
}

/// An answer to change and to judge.
struct Sent {
    method: &'static str,
    target: &'static str,
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

impl Sent {
    fn user() -> Self {
        Self {
            method: "GET",
            target: "/api/users/7?full=true",
            status: 200,
            headers: vec![
                ("content-type".into(), "application/json".into()),
                ("x-request-id".into(), "abc".into()),
                ("vary".into(), "Origin".into()),
            ],
            body: json!({"user_id": 7}),
        }
    }

    fn problem(status: u16, code: &str) -> Self {
        let mut sent = Self::user();
        sent.status = status;
        sent.headers[0].1 = PROBLEM.to_owned();
        sent.body = json!({"status": status, "code": code});
        sent
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn header(self, name: &str, value: &str) -> Self {
        self.with(|sent| sent.headers.push((name.to_owned(), value.to_owned())))
    }

    fn judged(&self) -> Result<(), String> {
        document().check(&Exchange {
            method: self.method,
            target: self.target,
            status: self.status,
            headers: &self.headers,
            body: self.body.to_string().as_bytes(),
        })
    }

    #[track_caller]
    fn passes(&self) {
        assert_eq!(self.judged(), Ok(()));
    }

    #[track_caller]
    fn fails(&self, complaint: &str) {
        let said = self.judged().expect_err("it is described");
        assert!(said.contains(complaint), "{said}");
    }
}

#[test]
fn what_is_described_passes_under_every_form_of_its_path() {
    for target in ["/api/users/7", "/users/7", "/users/7/", "/api/users/x/?a=b"] {
        Sent::user().with(|sent| sent.target = target).passes();
    }
    Sent::user().header("link", "</x>").passes();
    Sent::problem(404, "user_not_found").passes();
}

#[test]
fn another_status_or_code_fails() {
    Sent::user()
        .with(|sent| sent.status = 201)
        .fails("no such status");
    Sent::problem(409, "last_admin").fails("no such status");
    Sent::problem(404, "role_not_found").fails("role_not_found is not described");
    let other = Sent::problem(404, "user_not_found");
    other
        .with(|sent| sent.body["status"] = json!(400))
        .fails("another status inside");
}

#[test]
fn another_body_or_media_type_fails() {
    Sent::user()
        .with(|sent| sent.body = json!({}))
        .fails("user_id");
    let text = Sent::user().with(|sent| sent.body = json!({"user_id": "7"}));
    text.fails("integer");
    let html = Sent::user().with(|sent| sent.headers[0].1 = "text/html".into());
    html.fails("text/html is not described");
    let plain = Sent::problem(404, "user_not_found");
    let plain = plain.with(|sent| sent.headers[0].1 = "application/json".into());
    plain.fails("application/json is not described");
}

#[test]
fn a_header_that_is_missing_or_not_described_fails() {
    Sent::user()
        .header("x-secret", "1")
        .fails("x-secret is not described");
    let nameless =
        Sent::user().with(|sent| sent.headers.retain(|(name, _)| name != "x-request-id"));
    nameless.fails("x-request-id is missing");
}

#[test]
fn what_no_route_takes_is_refused_by_the_router_and_nothing_else() {
    let unknown = |sent: Sent| sent.with(|sent| sent.target = "/api/nothing");
    unknown(Sent::problem(404, "not_found")).passes();
    unknown(Sent::problem(404, "user_not_found")).fails("user_not_found is not described");
    unknown(Sent::user()).fails("no route of the document");
    let put = |sent: Sent| sent.with(|sent| sent.method = "PUT");
    put(Sent::problem(405, "method_not_allowed").header("allow", "GET")).passes();
    put(Sent::problem(405, "method_not_allowed").header("allow", "POST")).fails("Allow");
    put(Sent::user()).fails("no route of the document");
}
