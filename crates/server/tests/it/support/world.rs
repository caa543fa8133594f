//! People to act as.

use serde_json::{Value, json};

use super::{Answer, Api, BOOTSTRAP, Mode, PASSWORD, Place, Server};

/// The body of a user to make.
pub(crate) fn person(name: &str) -> Value {
    json!({
        "first_name": "Ana",
        "username": name,
        "password": PASSWORD,
        "contact_information": {"email": format!("{name}@example.com")},
    })
}

/// A service with a superuser `root` and a tenant `Acme` whose admin is
/// `acme-admin`.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) server: Server,
    pub(crate) api: Api,
    pub(crate) root: Api,
    pub(crate) admin: Api,
    pub(crate) acme: i64,
    pub(crate) admin_id: i64,
}

impl World {
    pub(crate) async fn new(mode: Mode) -> Self {
        Self::at(Place::new(mode).await).await
    }

    pub(crate) async fn at(place: Place) -> Self {
        let server = place.start();
        Self::on(place, server).await
    }

    pub(crate) async fn on(place: Place, server: Server) -> Self {
        let api = server.api();
        let first = bootstrap(&api, "Ignored", "root").await.expect(201);
        assert_eq!(first["organization_name"], "RootOrg");
        let tenant = bootstrap(&api, "Acme", "acme-admin").await.expect(201);
        let (root, _) = api.signed_in("root").await;
        let (admin, _) = api.signed_in("acme-admin").await;
        Self {
            acme: tenant["organization_id"].as_i64().unwrap(),
            admin_id: tenant["admin_user_id"].as_i64().unwrap(),
            place,
            server,
            api,
            root,
            admin,
        }
    }

    /// `kill -9`, and another start; the clients are those of the new process,
    /// the sessions those of before.
    pub(crate) fn restarted(self) -> Self {
        self.server.kill();
        let server = self.place.start();
        Self {
            api: self.api.at(&server),
            root: self.root.at(&server),
            admin: self.admin.at(&server),
            server,
            ..self
        }
    }

    /// Lets people register with Acme.
    pub(crate) async fn open_registration(&self) {
        let own = format!("/api/v1/orgs/{}", self.acme);
        let open = json!({"self_registration": true});
        self.admin.patch(&own, open).await.expect(200);
    }

    /// Registers a user with Acme; answers its id.
    pub(crate) async fn member(&self, name: &str) -> i64 {
        let mut body = person(name);
        body["organization_id"] = json!(self.acme);
        let made = self.api.post("/api/auth/register", body).await.expect(201);
        made["user_id"].as_i64().unwrap()
    }

    /// Deactivates a user, past the service.
    pub(crate) async fn deactivate(&self, user: i64) {
        let sql = format!("UPDATE users SET status = 'inactive' WHERE user_id = {user}");
        self.place.execute(&sql).await;
    }

    /// A role of an organization with those permissions, made beside the
    /// service; its id.
    pub(crate) async fn role(&self, organization: i64, name: &str, permissions: &[&str]) -> i64 {
        const AT: &str = "'2026-01-01T00:00:00+00:00'";
        let place = &self.place;
        let named = permissions.iter().map(|name| format!("'{name}'"));
        let named = named.collect::<Vec<_>>().join(", ");
        place
            .execute(&format!(
                "INSERT INTO roles (organization_id, name, name_key, created_at, updated_at) \
                 VALUES ({organization}, '{name}', lower('{name}'), {AT}, {AT})"
            ))
            .await;
        place
            .execute(&format!(
                "INSERT INTO role_permissions \
                     (organization_id, role_id, permission_id, created_at) \
                 SELECT r.organization_id, r.role_id, p.permission_id, r.created_at \
                 FROM roles r CROSS JOIN permissions p \
                 WHERE r.organization_id = {organization} AND r.name = '{name}' \
                     AND p.name IN ({named})"
            ))
            .await;
        place
            .execute(&format!(
                "UPDATE organizations SET policy_revision = policy_revision + 1 \
                 WHERE organization_id = {organization}"
            ))
            .await;
        let id = place
            .look(&format!(
                "SELECT role_id FROM roles \
                 WHERE organization_id = {organization} AND name = '{name}'"
            ))
            .await;
        id[0].parse().unwrap()
    }

    /// A user of Acme with a role (or `member`); the id and a client signed in.
    pub(crate) async fn user(&self, name: &str, role: Option<i64>) -> (i64, Api) {
        let mut body = person(name);
        body["role_id"] = json!(role);
        let path = format!("/api/v1/orgs/{}/users", self.acme);
        let made = self.admin.post(&path, body).await.expect(201);
        let (api, _) = self.api.signed_in(name).await;
        (made["user_id"].as_i64().unwrap(), api)
    }

    /// Another tenant; its id and a client signed in as its admin.
    pub(crate) async fn tenant(&self, name: &str) -> (i64, Api) {
        let admin = format!("{}-admin", name.to_lowercase());
        let made = bootstrap(&self.api, name, &admin).await.expect(201);
        let (api, _) = self.api.signed_in(&admin).await;
        (made["organization_id"].as_i64().unwrap(), api)
    }
}

pub(crate) async fn bootstrap(api: &Api, organization: &str, admin: &str) -> Answer {
    let body = json!({"organization_name": organization, "admin_user": person(admin)});
    api.with("x-bootstrap-secret", BOOTSTRAP)
        .post("/api/v1/bootstrap/organization", body)
        .await
}
