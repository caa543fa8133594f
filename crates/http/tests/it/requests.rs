//! Bodies, queries, secrets and pages.

use actix_web::test::TestRequest;
use serde_json::json;

use crate::support::{Answered, NOW, Setup, TOKEN, send};

fn post(path: &str, body: impl Into<String>) -> TestRequest {
    TestRequest::post().uri(path).set_payload(body.into())
}

fn signed_in(request: TestRequest) -> TestRequest {
    request.insert_header(("authorization", format!("Bearer {TOKEN}")))
}

fn bootstrap(body: &str) -> TestRequest {
    post("/api/v1/bootstrap/organization", body).insert_header(("x-bootstrap-secret", "bootstrap"))
}

async fn refused(request: TestRequest) -> Vec<(String, String)> {
    let answer = send(Setup::default(), request).await;
    assert_eq!(answer.status, 422);
    answer.refused()
}

fn at(place: &str, kind: &str) -> (String, String) {
    (place.to_owned(), kind.to_owned())
}

#[actix_web::test]
async fn a_body_that_is_no_json_is_422() {
    let deep = "[".repeat(10_000);
    for body in ["{", "nonsense", "{\"message\":\"\\ud800\"}", deep.as_str()] {
        assert_eq!(
            refused(post("/echo", body)).await,
            [at("body", "json_invalid")]
        );
    }
    assert_eq!(refused(post("/echo", "")).await, [at("body", "missing")]);
}

#[actix_web::test]
async fn another_content_type_is_422_and_none_is_json() {
    let body = r#"{"message":"hello"}"#;
    let form = post("/api/echo/", body).insert_header(("content-type", "text/plain"));
    assert_eq!(refused(form).await, [at("body", "model_attributes_type")]);
    let plain = send(Setup::default(), post("/api/echo/", body)).await;
    assert_eq!(plain.json(), json!({"message": "hello"}));
    let json =
        post("/api/echo/", body).insert_header(("content-type", "Application/JSON; charset=utf-8"));
    assert_eq!(send(Setup::default(), json).await.status, 200);
}

#[actix_web::test]
async fn a_body_past_the_limit_is_413() {
    let body = format!(r#"{{"message":"{}"}}"#, "x".repeat(1024 * 1024));
    let answer = send(Setup::default(), post("/echo", body)).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.code()),
        (413, "payload_too_large")
    );
}

#[actix_web::test]
async fn every_wrong_field_is_named_at_once_and_no_value_comes_back() {
    let body = r#"{
        "organization_name": "",
        "license_status": "free",
        "admin_user": {
            "username": "ab",
            "password": "hunter2",
            "contact_information": {"email": "nobody", "city": 5}
        }
    }"#;
    let answer = send(Setup::default(), bootstrap(body)).await;
    assert_eq!(
        answer.refused(),
        [
            at("body.organization_name", "string_too_short"),
            at("body.license_status", "enum"),
            at("body.admin_user.username", "string_too_short"),
            at("body.admin_user.password", "string_too_short"),
            at("body.admin_user.first_name", "missing"),
            at("body.admin_user.contact_information.email", "value_error"),
            at("body.admin_user.contact_information.city", "string_type"),
        ]
    );
    assert!(!String::from_utf8(answer.body).unwrap().contains("hunter2"));
}

#[actix_web::test]
async fn a_username_with_an_at_must_be_the_users_own_address() {
    let body = r#"{
        "organization_name": "Acme",
        "admin_user": {
            "username": "boss@example.com",
            "password": "correct horse",
            "first_name": "Ana",
            "middle_name": "",
            "contact_information": {"email": "ana@example.com"}
        }
    }"#;
    let errors = refused(bootstrap(body)).await;
    assert_eq!(errors, [at("body.admin_user.username", "value_error")]);
}

#[actix_web::test]
async fn a_login_name_is_long_only_as_an_address() {
    let login = |name: &str| {
        post(
            "/api/v1/auth/login",
            json!({"username": name, "password": "correct horse"}).to_string(),
        )
    };
    let long = "a".repeat(129);
    assert_eq!(
        refused(login(&long)).await,
        [at("body.username", "string_too_long")]
    );
    assert_eq!(
        refused(login("ab")).await,
        [at("body.username", "string_too_short")]
    );
    let longer = format!("{}@example.com", "a".repeat(250));
    assert_eq!(
        refused(login(&longer)).await,
        [at("body.username", "string_too_long")]
    );
}

#[actix_web::test]
async fn ids_in_path_and_query_must_be_ids() {
    let ask = |path: &str| signed_in(TestRequest::get().uri(path));
    for id in [
        "0",
        "-1",
        "9007199254740992",
        "x",
        "1.5",
        "99999999999999999999",
    ] {
        let errors = refused(ask(&format!("/api/v1/orgs/{id}"))).await;
        assert_eq!(errors[0].0, "path.organization_id", "{id}");
        let errors = refused(ask(&format!("/v1/rbac/effective/7?organization_id={id}"))).await;
        assert_eq!(errors[0].0, "query.organization_id", "{id}");
    }
    let errors = refused(ask("/api/rbac/users/7/permissions")).await;
    assert_eq!(errors, [at("query.organization_id", "missing")]);
}

#[actix_web::test]
async fn a_list_tells_where_its_next_page_is() {
    let list = |query: &str| signed_in(TestRequest::get().uri(&format!("/api/v1/orgs{query}")));
    let first = send(Setup::default(), list("?limit=1&cursor=x")).await;
    assert_eq!(first.refused(), [at("query.cursor", "value_error")]);
    // An empty parameter is none.
    let first = send(Setup::default(), list("?limit=1&cursor=")).await;
    let body = first.json();
    assert_eq!(body["items"][0]["organization_id"], 3);
    assert_eq!(body["items"][0]["created_at"], NOW);
    let cursor = body["next_cursor"].as_str().unwrap();
    let link = format!("<?limit=1&cursor={cursor}>; rel=\"next\"");
    assert_eq!(first.header("link"), Some(&*link));
    let last = send(Setup::default(), list(&format!("?limit=1&cursor={cursor}"))).await;
    assert_eq!(last.json()["items"][0]["organization_id"], 4);
    assert!(last.json()["next_cursor"].is_null());
    assert_eq!(last.header("link"), None);
}

#[actix_web::test]
async fn the_own_account_comes_with_roles_and_permissions() {
    let answer = send(
        Setup::default(),
        signed_in(TestRequest::get().uri("/api/v1/auth/me")),
    )
    .await;
    assert_eq!(
        answer.json(),
        json!({
            "user_id": 7, "username": "ana", "first_name": "Ana", "last_name": null,
            "organization_id": 3, "role_id": 5, "email": "ana@example.com", "status": "active",
            "role_ids": [5], "permissions": ["org.read", "role.read"], "email_verified": false,
            "license_status": "active",
        })
    );
}

#[actix_web::test]
async fn a_token_that_does_not_hold_is_401_with_its_challenge() {
    let request = TestRequest::get()
        .uri("/api/v1/auth/me")
        .insert_header(("authorization", "Bearer bad"));
    let answer = send(Setup::default(), request).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.code()),
        (401, "invalid_token")
    );
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge, Some(r#"Bearer error="invalid_token""#));
}

#[actix_web::test]
async fn a_token_in_the_query_is_no_token() {
    let request = TestRequest::get().uri("/api/v1/auth/me?access_token=good");
    assert_eq!(
        send(Setup::default(), request).await.code(),
        "not_authenticated"
    );
}

async fn check(setup: Setup, header: Option<(&'static str, &'static [u8])>) -> Answered {
    let question = json!({"user_id": "7", "organization_id": 3, "permission": "org.read"});
    let mut request = post("/api/rbac/check", question.to_string());
    if let Some((name, value)) = header {
        let value = actix_web::http::header::HeaderValue::from_bytes(value).unwrap();
        request = request.insert_header((name, value));
    }
    send(setup, request).await
}

#[actix_web::test]
async fn a_service_with_the_internal_secret_may_ask() {
    let answer = check(Setup::default(), Some(("x-internal-secret", b"internal"))).await;
    assert_eq!(answer.json(), json!({"allowed": true, "revision": 42}));
}

#[actix_web::test]
async fn a_user_may_ask_about_itself() {
    let answer = check(Setup::default(), Some(("authorization", b"Bearer good"))).await;
    assert_eq!(answer.json(), json!({"allowed": true, "revision": 42}));
}

#[actix_web::test]
async fn a_wrong_internal_secret_is_401_also_beside_a_token() {
    for wrong in [&b"internals"[..], b"", b"\xff\xfe"] {
        let answer = check(Setup::default(), Some(("x-internal-secret", wrong))).await;
        let refused = (answer.status.as_u16(), answer.code());
        assert_eq!(refused, (401, "invalid_internal_secret".to_owned()));
    }
}

#[actix_web::test]
async fn secrets_that_are_not_configured_are_503() {
    let unset = || {
        Setup::with(|options| {
            options.internal_secret = None;
            options.bootstrap_secret = None;
        })
    };
    let answer = check(unset(), Some(("x-internal-secret", b""))).await;
    assert_eq!(answer.code(), "internal_access_not_configured");
    let answer = send(unset(), bootstrap("{}")).await;
    let refused = (answer.status.as_u16(), answer.code());
    assert_eq!(refused, (503, "bootstrap_not_configured".to_owned()));
}

#[actix_web::test]
async fn a_policy_that_cannot_be_shown_fresh_is_503_and_never_an_answer() {
    let away = Setup {
        policy_away: true,
        ..Setup::default()
    };
    let answer = check(away, Some(("x-internal-secret", b"internal"))).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.code()),
        (503, "policy_unavailable")
    );
}

#[actix_web::test]
async fn an_organization_that_is_not_the_callers_is_403_foreign_or_absent() {
    for id in [1, 4, 999] {
        let request = signed_in(TestRequest::get().uri(&format!("/api/v1/orgs/{id}")));
        let answer = send(Setup::default(), request).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (403, "forbidden")
        );
    }
}

#[actix_web::test]
async fn a_logout_that_loses_every_race_is_503_and_says_when_to_come_again() {
    let setup = Setup {
        races_lost: true,
        ..Setup::default()
    };
    let answer = send(setup, signed_in(post("/api/v1/auth/logout", ""))).await;
    assert_eq!((answer.status.as_u16(), &*answer.code()), (503, "busy"));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[actix_web::test]
async fn without_the_database_a_write_is_503() {
    let request = signed_in(post("/api/v1/auth/logout", ""));
    let answer = send(Setup::default(), request).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.code()),
        (503, "store_unavailable")
    );
}
