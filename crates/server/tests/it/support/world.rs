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

    /// Somebody who registers with Acme; their id.
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
