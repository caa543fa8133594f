//! Every route of the router, by everybody who must not use it.

use std::collections::BTreeSet;

use auth_http::access::AccessRule;
use auth_http::{ManifestEntry, route_manifest};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Mode, World, person};

/// The rows of the tenant Acme that the sweep names, in paths and in bodies.
struct Rows {
    organization: i64,
    user: i64,
    session: i64,
    role: i64,
    permission: i64,
}

impl Rows {
    async fn of(world: &World) -> Self {
        let (admin, login) = world.api.signed_in("acme-admin").await;
        let made = json!({"role_name": "swept"});
        let role = admin.post("/api/v1/rbac/roles", made).await.expect(201);
        let role = role["role_id"].as_i64().unwrap();
        let permissions = admin.get("/api/v1/rbac/permissions").await.expect(200);
        let permission = permissions["items"][0]["permission_id"].as_i64().unwrap();
        let granted = format!("/api/v1/rbac/roles/{role}/permissions");
        let grant = json!({"permission_id": permission});
        admin.post(&granted, grant).await.expect(204);
        Self {
            organization: world.acme,
            user: world.admin_id,
            session: login["tokens"]["session_id"].as_i64().unwrap(),
            role,
            permission,
        }
    }

    fn path(&self, template: &str) -> String {
        let mut path = template.to_owned();
        for (name, id) in [
            ("{organization_id}", self.organization),
            ("{user_id}", self.user),
            ("{session_id}", self.session),
            ("{role_id}", self.role),
            ("{permission_id}", self.permission),
        ] {
            path = path.replace(name, &id.to_string());
        }
        assert!(
            !path.contains('{'),
            "{template} names a row that is not swept"
        );
        if [
            "/api/rbac/users/{user_id}/permissions",
            "/api/v1/rbac/roles",
        ]
        .contains(&template)
        {
            return format!("{path}?organization_id={}", self.organization);
        }
        path
    }

    /// A body that would be accepted of somebody who may.
    fn body(&self, name: &str) -> Value {
        let (organization, user, role) = (self.organization, self.user, self.role);
        match name {
            "POST /api/rbac/check" => json!({"user_id": user,
                "organization_id": organization, "permission": "org.read"}),
            "POST /api/rbac/check/batch" => json!({"organization_id": organization,
                "checks": [{"user_id": user, "permission": "org.read"}]}),
            "POST /api/v1/orgs" | "PATCH /api/v1/orgs/{organization_id}" => {
                json!({"organization_name": "Swept"})
            }
            "POST /api/v1/orgs/{organization_id}/admins"
            | "POST /api/v1/orgs/{organization_id}/users" => person("swept"),
            "PATCH /api/v1/users/{user_id}" => json!({"first_name": "Swept"}),
            "PATCH /api/v1/users/{user_id}/contact" => json!({"email": "swept@example.com"}),
            "POST /api/v1/rbac/roles" => json!({"role_name": "taken"}),
            "PATCH /api/v1/rbac/roles/{role_id}" => json!({"role_name": "renamed"}),
            "POST /api/v1/rbac/permissions" => json!({"permission_name": "swept.here"}),
            "POST /api/v1/rbac/roles/{role_id}/permissions" => {
                json!({"permission_id": self.permission})
            }
            "POST /api/v1/rbac/users/{user_id}/roles" => json!({"role_id": role}),
            "POST /api/v1/auth/introspect" | "POST /api/v1/auth/revoke" => json!({"token": "x"}),
            _ => json!({}),
        }
    }
}

struct Sweep<'a> {
    rows: &'a Rows,
    entry: &'a ManifestEntry,
    name: String,
}

impl Sweep<'_> {
    async fn by(&self, api: &Api) -> Answer {
        let path = self.rows.path(&self.entry.path);
        let body = self.rows.body(&self.name);
        api.call(
            self.entry.method.as_str().parse().unwrap(),
            &path,
            Some(&body),
        )
        .await
    }

    async fn refused(&self, api: &Api, who: &str, statuses: &[u16]) {
        let answer = self.by(api).await;
        let status = answer.status.as_u16();
        let name = &self.name;
        assert!(
            statuses.contains(&status),
            "{name} answers {status} to {who}: {}",
            answer.text
        );
    }
}

/// What must not change, as the platform sees it.
async fn picture(world: &World) -> Value {
    let acme = world.acme;
    let mut seen = Vec::new();
    for path in [
        "/api/v1/orgs".to_owned(),
        format!("/api/v1/orgs/{acme}/users"),
        format!("/api/v1/rbac/roles?organization_id={acme}"),
        "/api/v1/rbac/permissions".to_owned(),
        format!(
            "/api/v1/users/{}/contact?organization_id={acme}",
            world.admin_id
        ),
        format!(
            "/api/v1/rbac/effective/{}?organization_id={acme}",
            world.admin_id
        ),
    ] {
        seen.push(world.root.get(&path).await.expect(200));
    }
    Value::Array(seen)
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn no_guarded_route_lets_anybody_in_who_must_not(#[case] mode: Mode) {
    let mut place = crate::support::Place::new(mode).await;
    let unlimited = "AUTH_MICROSERVICE_LIMIT_WRONG_SECRET";
    place.env.insert(unlimited.into(), "0".into());
    let server = place.start();
    let world = World::on(place, server).await;
    let (_, foreign) = world.tenant("Foreign").await;
    let invited = person("member");
    let invite = format!("/api/v1/orgs/{}/users", world.acme);
    world.admin.post(&invite, invited).await.expect(201);
    let (member, _) = world.api.signed_in("member").await;
    let rows = Rows::of(&world).await;
    let before = picture(&world).await;

    let mut open = BTreeSet::new();
    let mut own = BTreeSet::new();
    let manifest = route_manifest();
    for entry in &manifest {
        let name = format!("{} {}", entry.method, entry.path);
        let sweep = Sweep {
            rows: &rows,
            entry,
            name,
        };
        match entry.access {
            AccessRule::Public | AccessRule::MetricsScrape => {
                open.insert(sweep.name);
            }
            AccessRule::Bootstrap => sweep.refused(&world.api, "nobody", &[403]).await,
            AccessRule::Internal => {
                sweep.refused(&world.api, "nobody", &[401]).await;
                sweep.refused(&world.root, "the platform", &[401]).await;
            }
            AccessRule::CheckCaller => {
                sweep.refused(&world.api, "nobody", &[401]).await;
                sweep.refused(&foreign, "another tenant", &[403]).await;
                sweep
                    .refused(&member, "who lacks the permission", &[403])
                    .await;
            }
            AccessRule::Authenticated => {
                sweep.refused(&world.api, "nobody", &[401]).await;
                if OWN_ROWS.contains(&sweep.name.as_str()) {
                    sweep.refused(&foreign, "another tenant", &[404]).await;
                    sweep.refused(&member, "somebody else", &[404]).await;
                }
                own.insert(sweep.name);
            }
            AccessRule::Permission(_) | AccessRule::Permissions(_) => {
                sweep.refused(&world.api, "nobody", &[401]).await;
                sweep
                    .refused(&member, "who lacks the permission", &[403])
                    .await;
                if !NAMES_NOTHING.contains(&sweep.name.as_str()) {
                    sweep.refused(&foreign, "another tenant", &[403, 404]).await;
                }
            }
        }
    }
    assert_eq!(open, named(OPEN), "open routes are named on purpose");
    let about_oneself: Vec<&str> = [ABOUT_ONESELF, OWN_ROWS].concat();
    assert_eq!(
        own,
        named(&about_oneself),
        "routes about oneself are named on purpose"
    );
    assert_eq!(picture(&world).await, before, "nothing changed");
}

fn named(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|&name| name.to_owned()).collect()
}

/// Routes that answer about the caller alone, whoever it is.
const ABOUT_ONESELF: &[&str] = &[
    "DELETE /api/v1/auth/sessions",
    "GET /api/v1/auth/me",
    "GET /api/v1/auth/sessions",
    "POST /api/v1/auth/email/verification",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/password/change",
];

/// Routes about a row of the caller's own: anybody else's is as if absent.
const OWN_ROWS: &[&str] = &["DELETE /api/v1/auth/sessions/{session_id}"];

/// Routes that name no row of another tenant: they answer an admin about the
/// admin's own tenant, or the global catalogue.
const NAMES_NOTHING: &[&str] = &["GET /api/v1/orgs", "GET /api/v1/rbac/permissions"];

/// Routes for everybody.
const OPEN: &[&str] = &[
    "GET /api/.well-known/jwks.json",
    "GET /api/docs",
    "GET /api/docs/{asset}",
    "GET /api/health",
    "GET /api/healthz",
    "GET /api/metrics",
    "GET /api/metrics/prometheus",
    "GET /api/openapi.json",
    "GET /api/readyz",
    "GET /api/redoc",
    "GET /api/swagger-redirect",
    "GET /api/version",
    "HEAD /api/openapi.json",
    "POST /api/auth/login",
    "POST /api/auth/register",
    "POST /api/echo/",
    "POST /api/v1/auth/email/verify",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/password/forgot",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/auth/refresh",
];
