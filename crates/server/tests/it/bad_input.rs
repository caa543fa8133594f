//! Input that no client should send: a clear refusal, and nothing half-made.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Mode, World, bootstrap, person};

const LOGIN: &str = "/api/v1/auth/login";

#[tokio::test]
async fn wrong_types_and_missing_fields_are_named_all_at_once() {
    let world = World::new(Mode::Embedded).await;
    let answer = world.api.post(LOGIN, json!({"username": 7})).await;
    answer.invalid(&[json!(["body", "username"]), json!(["body", "password"])]);
    assert_eq!(answer.body["errors"][1]["type"], "missing");
    let answer = world
        .root
        .post(
            "/api/v1/orgs",
            json!({"organization_name": "", "license_status": "gone"}),
        )
        .await;
    answer.invalid(&[
        json!(["body", "organization_name"]),
        json!(["body", "license_status"]),
    ]);
    let mut admin = person("boss");
    admin["password"] = json!("canary");
    admin["contact_information"] = json!({"email": "nobody"});
    admin["gender"] = json!("unknown");
    let body = json!({"organization_name": "Bad", "admin_user": admin});
    let api = world
        .api
        .with("x-bootstrap-secret", crate::support::BOOTSTRAP);
    let answer = api.post("/api/v1/bootstrap/organization", body).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    for field in ["password", "gender", "email"] {
        assert!(answer.text.contains(field), "{field}: {}", answer.text);
    }
    assert!(!answer.text.contains("canary"), "the input is not echoed");
    bootstrap(&world.api, "Bad", "boss").await.expect(201);
}

#[tokio::test]
async fn hostile_bodies_are_refused_in_bounded_time() {
    let world = World::new(Mode::Embedded).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let cases: Vec<(Vec<u8>, &[u16])> = vec![
        (b"".to_vec(), &[422]),
        (b"{".to_vec(), &[422]),
        (b"\xff\xfe".to_vec(), &[422]),
        (b"[]".to_vec(), &[422]),
        (b"null".to_vec(), &[422]),
        (deep.into_bytes(), &[422]),
        (
            br#"{"username":"\ud800xx","password":"12345678"}"#.to_vec(),
            &[422],
        ),
        (
            br#"{"username":"a\u0000bc","password":"12345678"}"#.to_vec(),
            &[422],
        ),
        (
            br#"{"username":"abc","password":"1234\u00005678"}"#.to_vec(),
            &[422],
        ),
        (vec![b' '; 2 << 20], &[413]),
        (
            json!({"username": "abc", "password": "x".repeat(900_000)})
                .to_string()
                .into(),
            &[422],
        ),
    ];
    for (body, allowed) in cases {
        let shown = String::from_utf8_lossy(&body)
            .chars()
            .take(40)
            .collect::<String>();
        let answer = world
            .api
            .send(Method::POST, LOGIN, "application/json", Some(body))
            .await;
        assert!(
            allowed.contains(&answer.status.as_u16()),
            "{shown}: {} {}",
            answer.status,
            answer.text
        );
    }
    let form = world
        .api
        .send(Method::POST, LOGIN, "text/plain", Some(b"{}".to_vec()))
        .await;
    assert_eq!(form.status, 422);
}

#[tokio::test]
async fn ids_out_of_range_are_422_and_absent_ones_404() {
    let world = World::new(Mode::Embedded).await;
    for id in [
        "0",
        "-1",
        "9007199254740992",
        "99999999999999999999",
        "x",
        "1.5",
        "%00",
    ] {
        let answer = world.root.get(&format!("/api/v1/orgs/{id}")).await;
        answer.invalid(&[json!(["path", "organization_id"])]);
        let answer = world
            .root
            .get(&format!("/api/v1/rbac/effective/{id}"))
            .await;
        answer.invalid(&[json!(["path", "user_id"])]);
    }
    let last = world.root.get("/api/v1/orgs/9007199254740991").await;
    last.refused(404, "organization_not_found");
    let body = json!({"user_id": 9_007_199_254_740_992_u64, "organization_id": 1, "permission": "org.read"});
    let answer = world.api.service().post("/api/rbac/check", body).await;
    answer.invalid(&[json!(["body", "user_id"])]);
}

#[tokio::test]
async fn text_that_is_too_long_names_its_field() {
    let world = World::new(Mode::Embedded).await;
    let answer = world
        .root
        .post(
            "/api/v1/orgs",
            json!({"organization_name": "x".repeat(101)}),
        )
        .await;
    answer.invalid(&[json!(["body", "organization_name"])]);
    assert_eq!(answer.body["errors"][0]["type"], "string_too_long");
    world
        .root
        .post(
            "/api/v1/orgs",
            json!({"organization_name": "x".repeat(100)}),
        )
        .await
        .expect(201);
    let answer = world
        .root
        .post("/api/v1/orgs", json!({"organization_name": "a\u{1b}[31mb"}))
        .await;
    answer.invalid(&[json!(["body", "organization_name"])]);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let world = World::new(Mode::Embedded).await;
    let answer = world.api.get("/api/nothing").await;
    answer.refused(404, "not_found");
    let answer = world.api.delete("/api/healthz").await;
    answer.refused(405, "method_not_allowed");
    assert_eq!(answer.headers["allow"], "GET, HEAD");
}

#[tokio::test]
async fn every_route_answers_with_and_without_prefix_and_trailing_slash() {
    let world = World::new(Mode::Embedded).await;
    for path in [
        "/api/healthz",
        "/healthz",
        "/healthz/",
        "/api/healthz/",
        "/api/health",
        "/health",
    ] {
        assert_eq!(
            world.api.get(path).await.expect(200),
            json!({"status": "ok"}),
            "{path}"
        );
    }
    for path in ["/api/echo/", "/api/echo", "/echo", "/echo/"] {
        let answer = world.api.post(path, json!({"message": "hé\n"})).await;
        assert_eq!(answer.expect(200), json!({"message": "hé\n"}), "{path}");
    }
    assert_eq!(
        world.api.get("/api/version").await.expect(200),
        json!({"version": env!("CARGO_PKG_VERSION")})
    );
    let ready = world.api.get("/api/readyz").await.expect(200);
    assert_eq!(ready["status"], "ready");
    let spec = world.api.get("/api/openapi.json").await.expect(200);
    assert!(spec["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[tokio::test]
async fn the_request_id_comes_back_and_a_hostile_one_does_not() {
    let world = World::new(Mode::Embedded).await;
    let answer = world
        .api
        .with("x-request-id", "trace-7")
        .get("/api/v1/auth/me")
        .await;
    assert_eq!(answer.headers["x-request-id"], "trace-7");
    assert_eq!(answer.body["request_id"], "trace-7");
    let long = "x".repeat(500);
    let answer = world
        .api
        .with("x-request-id", long.clone())
        .get("/api/healthz")
        .await;
    assert_ne!(answer.headers["x-request-id"].to_str().unwrap(), long);
}

#[tokio::test]
async fn pages_of_the_documentation_load_nothing_from_elsewhere() {
    let world = World::new(Mode::Embedded).await;
    for path in ["/api/docs", "/api/redoc"] {
        let page = world.api.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        let html = page.text.to_lowercase();
        assert!(html.contains("<html"), "{path}");
        for foreign in ["src=\"http", "href=\"http", "src='http", "//cdn"] {
            assert!(!html.contains(foreign), "{path} loads {foreign}");
        }
    }
}

#[tokio::test]
async fn metrics_count_requests_by_route_template() {
    let world = World::new(Mode::Embedded).await;
    world.api.get("/api/healthz").await.expect(200);
    world.api.get("/api/nothing-of-the-kind").await;
    let text = world.api.get("/metrics").await.text;
    let has = |needle: &str| text.lines().any(|line| line.starts_with(needle));
    assert!(has("http_requests_total{"), "{text}");
    assert!(text.contains("handler=\"/api/healthz\""), "{text}");
    assert!(
        !text.contains("nothing-of-the-kind"),
        "labels are closed sets"
    );
    assert!(has("http_request_duration_seconds_bucket{"), "{text}");
}

/// A family says what it means, and stands in the operator's page.
#[tokio::test]
async fn every_metric_is_described_where_it_is_and_in_the_docs() {
    let world = World::new(Mode::Postgres).await;
    world.api.login("acme-admin").await.expect(200);
    let text = world.api.get("/metrics").await.text;
    let root = crate::support::repository();
    let page = std::fs::read_to_string(root.join("docs/operations.md")).unwrap();
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut seen = 0;
    for family in families.map(|family| family.split(' ').next().unwrap()) {
        assert!(text.contains(&format!("# HELP {family} ")), "{family}");
        let name = family.trim_end_matches("_count").trim_end_matches("_sum");
        let shown = page.contains(name) || name.starts_with("process_");
        assert!(shown, "{family} does not stand in docs/operations.md");
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
    // What the page names, the code knows.
    let sources: String = crate::architecture::sources(&root.join("crates"))
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for rest in page
        .split('`')
        .filter(|word| word.starts_with("auth_") && !word.contains(' '))
    {
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_');
        let name = rest.split_at(end.unwrap_or(rest.len())).0;
        let base = name.trim_end_matches('_');
        assert!(
            sources.contains(&format!("\"{base}")),
            "{name} is no metric"
        );
    }
}

#[tokio::test]
async fn a_name_cannot_be_registered_twice_at_once() {
    let world = World::new(Mode::Postgres).await;
    let second = world.place.start();
    let own = format!("/api/v1/orgs/{}", world.acme);
    world
        .admin
        .patch(&own, json!({"self_registration": true}))
        .await
        .expect(200);
    let mut body: Value = person("twin");
    body["organization_id"] = json!(world.acme);
    let other = second.api();
    let (one, two) = tokio::join!(
        world.api.post("/api/auth/register", body.clone()),
        other.post("/api/auth/register", body.clone()),
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.text, two.text);
}
