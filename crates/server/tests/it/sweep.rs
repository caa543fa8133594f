//! Every route of the document, by everybody who must not use it.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Api, Mode, World, person};

/// An operation of the OpenAPI document.
struct Route {
    method: Method,
    path: String,
    security: BTreeSet<String>,
}

async fn routes(api: &Api) -> Vec<Route> {
    let document = api.get("/api/openapi.json").await.expect(200);
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            if !operation["responses"].is_object() {
                continue;
            }
            let schemes = operation["security"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let security = schemes
                .iter()
                .flat_map(|s| s.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
                .collect();
            routes.push(Route {
                method,
                path: path.clone(),
                security,
            });
        }
    }
    routes
}

/// Rows of a tenant.
struct Rows {
    organization: i64,
    user: i64,
    session: i64,
    role: i64,
    permission: i64,
}

impl Rows {
    /// The path with the ids of the rows in it.
    fn path_of(&self, template: &str) -> String {
        let filled = template
            .replace("{organization_id}", &self.organization.to_string())
            .replace("{user_id}", &self.user.to_string())
            .replace("{session_id}", &self.session.to_string())
            .replace("{role_id}", &self.role.to_string())
            .replace("{permission_id}", &self.permission.to_string());
        if template.starts_with("/api/rbac/users/") {
            return format!("{filled}?organization_id={}", self.organization);
        }
        filled
    }

    /// A body that is right about the rows, where a route takes one with ids.
    fn body_for(&self, route: &Route) -> Value {
        match route.path.as_str() {
            "/api/rbac/check" => json!({"user_id": self.user,
                "organization_id": self.organization, "permission": "org.read"}),
            "/api/rbac/check/batch" => json!({"organization_id": self.organization,
                "checks": [{"user_id": self.user, "permission": "org.read"}]}),
            "/api/v1/rbac/roles/{role_id}" => json!({"role_name": "Taken"}),
            "/api/v1/rbac/roles/{role_id}/permissions" => json!({"permission_id": self.permission}),
            "/api/v1/rbac/users/{user_id}/roles" => json!({"role_id": self.role}),
            _ => json!({}),
        }
    }
}

/// What must not change, as the platform sees it.
async fn picture(world: &World) -> Value {
    let orgs = world.root.get("/api/v1/orgs").await.expect(200);
    let path = format!(
        "/api/v1/rbac/effective/{}?organization_id={}",
        world.admin_id, world.acme
    );
    let rights = world.root.get(&path).await.expect(200);
    let path = format!("/api/v1/orgs/{}/users", world.acme);
    let users = world.root.get(&path).await.expect(200);
    let path = format!(
        "/api/v1/users/{}/contact?organization_id={}",
        world.admin_id, world.acme
    );
    let contact = world.root.get(&path).await.expect(200);
    let path = format!("/api/v1/rbac/roles?organization_id={}", world.acme);
    let roles = world.root.get(&path).await.expect(200);
    json!([orgs, rights, users, contact, roles])
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn no_guarded_route_lets_anybody_in_who_must_not(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let (_, foreign) = world.tenant("Foreign").await;
    let own = format!("/api/v1/orgs/{}", world.acme);
    world
        .admin
        .patch(&own, json!({"self_registration": true}))
        .await
        .expect(200);
    let mut body = person("member");
    body["organization_id"] = json!(world.acme);
    world.api.post("/api/auth/register", body).await.expect(201);
    let (member, _) = world.api.signed_in("member").await;
    let (_, login) = world.api.signed_in("acme-admin").await;
    let role = world
        .admin
        .post("/api/v1/rbac/roles", json!({"role_name": "Swept"}));
    let rows = Rows {
        organization: world.acme,
        user: world.admin_id,
        session: login["tokens"]["session_id"].as_i64().unwrap(),
        role: role.await.expect(201)["role_id"].as_i64().unwrap(),
        permission: 1,
    };
    let before = picture(&world).await;

    let mut open = BTreeSet::new();
    let mut guarded = 0;
    for route in routes(&world.api).await {
        let path = rows.path_of(&route.path);
        let body = rows.body_for(&route);
        let call = async |api: &Api| api.call(route.method.clone(), &path, Some(&body)).await;
        let name = format!("{} {}", route.method, route.path);
        // Without a configured token the metrics are open; with one they are
        // tested where the token is.
        if route.security.is_empty() || name.contains("/metrics/prometheus") {
            open.insert(name);
            continue;
        }
        guarded += 1;
        let anonymous = call(&world.api).await.status.as_u16();
        let expected: &[u16] = if name.contains("/v1/bootstrap/") {
            &[403]
        } else {
            &[401]
        };
        assert!(
            expected.contains(&anonymous),
            "{name} answers {anonymous} to nobody"
        );
        if !route.security.iter().any(|scheme| scheme.contains("earer")) {
            let signed_in = call(&member).await.status.as_u16();
            assert!(
                [401, 403].contains(&signed_in),
                "{name} answers {signed_in} to a user"
            );
            continue;
        }
        if NEEDS_NO_RIGHT.contains(&name.as_str()) {
            continue;
        }
        if OWN_ROWS.contains(&name.as_str()) {
            for api in [&foreign, &member] {
                let status = call(api).await.status.as_u16();
                assert_eq!(status, 404, "{name} reaches somebody else's row");
            }
            continue;
        }
        // Lists without an id show the caller's own; everything else names
        // another tenant's rows here.
        let other = call(&foreign).await;
        let lists_own = LISTS.contains(&name.as_str());
        let status = other.status.as_u16();
        assert!(
            lists_own || [403, 404, 422].contains(&status),
            "{name}: {status} {}",
            other.text
        );
        let without_right = call(&member).await;
        let status = without_right.status.as_u16();
        assert_eq!(status, 403, "{name}: {}", without_right.text);
    }
    assert!(
        guarded >= 10,
        "the document declares the security of its routes"
    );
    let expected: BTreeSet<String> = OPEN.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(
        open, expected,
        "a route that asks for nothing is named here on purpose"
    );
    assert_eq!(picture(&world).await, before, "nothing changed");
}

/// Routes about the caller itself.
const NEEDS_NO_RIGHT: &[&str] = &[
    "DELETE /api/v1/auth/sessions",
    "GET /api/v1/auth/me",
    "GET /api/v1/auth/sessions",
    "POST /api/v1/auth/email/verification",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/password/change",
];

/// Lists without an id.
const LISTS: &[&str] = &[
    "GET /api/v1/orgs",
    "GET /api/v1/rbac/permissions",
    "GET /api/v1/rbac/roles",
];

/// Routes about a row of the caller's own: anybody else's is as if absent.
const OWN_ROWS: &[&str] = &["DELETE /api/v1/auth/sessions/{session_id}"];

/// Routes for everybody.
const OPEN: &[&str] = &[
    "GET /api/.well-known/jwks.json",
    "GET /api/health",
    "GET /api/healthz",
    "GET /api/metrics/prometheus",
    "GET /api/readyz",
    "GET /api/version",
    "POST /api/auth/login",
    "POST /api/auth/register",
    "POST /api/echo/",
    "POST /api/v1/auth/email/verify",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/password/forgot",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/auth/refresh",
];
