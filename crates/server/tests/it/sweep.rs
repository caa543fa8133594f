//! Every route of the router, by every kind of caller that must not use it.

use std::collections::BTreeSet;

use auth_http::access::AccessRule;
use auth_http::{ManifestEntry, openapi_document, route_manifest};
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

    /// The id of the row that a field or parameter of that name is about.
    fn id_of(&self, name: &str) -> Option<i64> {
        match name {
            "organization_id" => Some(self.organization),
            "user_id" => Some(self.user),
            "session_id" => Some(self.session),
            "role_id" => Some(self.role),
            "permission_id" => Some(self.permission),
            _ => None,
        }
    }

    /// The path about these rows, with the organization in the query of the
    /// routes that take it there.
    fn path(&self, template: &str, operation: &Value) -> String {
        let mut path = template.to_owned();
        let mut query = String::new();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap();
            let id = self.id_of(name);
            match (parameter["in"].as_str().unwrap(), id) {
                ("path", Some(id)) => path = path.replace(&format!("{{{name}}}"), &id.to_string()),
                ("query", Some(id)) => query = format!("?{name}={id}"),
                (place, _) => assert_ne!(place, "path", "{template}: {name} is not swept"),
            }
        }
        path + &query
    }

    /// A body that would be accepted of a permitted caller: the example of the
    /// document, about these rows.
    fn body(&self, document: &Value, operation: &Value) -> Option<Value> {
        let content = operation["requestBody"]["content"].as_object()?;
        let schema = content.values().next()?["schema"]["$ref"].as_str()?;
        let schema = document.pointer(schema.strip_prefix('#')?)?;
        let mut body = schema["examples"][0].clone();
        assert!(body.is_object(), "{schema} has no example");
        self.put_ids(&mut body);
        Some(body)
    }

    fn put_ids(&self, value: &mut Value) {
        for item in value.as_array_mut().into_iter().flatten() {
            self.put_ids(item);
        }
        for (name, field) in value.as_object_mut().into_iter().flatten() {
            match self.id_of(name) {
                Some(id) if field.is_number() => *field = id.into(),
                _ => self.put_ids(field),
            }
        }
    }
}

struct Sweep<'a> {
    rows: &'a Rows,
    entry: &'a ManifestEntry,
    document: &'a Value,
    name: String,
}

impl Sweep<'_> {
    fn operation(&self) -> &Value {
        let method = self.entry.method.as_str().to_lowercase();
        &self.document["paths"][&self.entry.path][method]
    }

    async fn by(&self, api: &Api) -> Answer {
        let operation = self.operation();
        let path = self.rows.path(&self.entry.path, operation);
        let body = self.rows.body(self.document, operation);
        let method = self.entry.method.as_str().parse().unwrap();
        api.call(method, &path, body.as_ref()).await
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
async fn no_guarded_route_lets_a_caller_in_that_must_not_use_it(#[case] mode: Mode) {
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
    let document = openapi_document();
    for entry in &manifest {
        let name = format!("{} {}", entry.method, entry.path);
        let sweep = Sweep {
            rows: &rows,
            entry,
            document: &document,
            name,
        };
        match entry.access {
            AccessRule::Public | AccessRule::MetricsScrape => {
                open.insert(sweep.name);
            }
            AccessRule::Bootstrap => {
                sweep
                    .refused(&world.api, "an anonymous caller", &[403])
                    .await;
            }
            AccessRule::Internal => {
                sweep
                    .refused(&world.api, "an anonymous caller", &[401])
                    .await;
                sweep.refused(&world.root, "the platform", &[401]).await;
            }
            AccessRule::CheckCaller => {
                sweep
                    .refused(&world.api, "an anonymous caller", &[401])
                    .await;
                sweep.refused(&foreign, "another tenant", &[403]).await;
                sweep
                    .refused(&member, "a caller without the permission", &[403])
                    .await;
            }
            AccessRule::Authenticated => {
                sweep
                    .refused(&world.api, "an anonymous caller", &[401])
                    .await;
                if OWN_ROWS.contains(&sweep.name.as_str()) {
                    sweep.refused(&foreign, "another tenant", &[404]).await;
                    sweep.refused(&member, "another user", &[404]).await;
                }
                own.insert(sweep.name);
            }
            AccessRule::Permissions { .. } => {
                sweep
                    .refused(&world.api, "an anonymous caller", &[401])
                    .await;
                sweep
                    .refused(&member, "a caller without the permission", &[403])
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

/// Routes that answer about the caller alone.
const ABOUT_ONESELF: &[&str] = &[
    "DELETE /api/v1/auth/sessions",
    "GET /api/v1/auth/me",
    "GET /api/v1/auth/sessions",
    "POST /api/v1/auth/email/verification",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/password/change",
];

/// Routes about a row of the caller's own: another user's is as if absent.
const OWN_ROWS: &[&str] = &["DELETE /api/v1/auth/sessions/{session_id}"];

/// Routes that name no row of another tenant: they answer an admin about the
/// admin's own tenant, or the global catalogue.
const NAMES_NOTHING: &[&str] = &["GET /api/v1/orgs", "GET /api/v1/rbac/permissions"];

/// Routes for any client.
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
    "POST /api/echo",
    "POST /api/v1/auth/email/verify",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/password/forgot",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/auth/refresh",
];
