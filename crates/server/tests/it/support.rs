//! A running service, a client of it, and people to act as.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use auth_testkit::postgres::TestDatabase;
use auth_testkit::sqlite;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a start may take on a busy machine before a test gives up.
const START_WITHIN: Duration = Duration::from_mins(1);

pub(crate) const SECRET: &str = "internal-secret-of-the-tests-0123456789abcdef";
pub(crate) const BOOTSTRAP: &str = "bootstrap-secret-of-the-tests-0123456789abcdef";
pub(crate) const JWT_KEY: &str = "token-key-of-the-tests-0123456789abcdefghijklmn";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Which database a test runs the service on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Embedded,
    Postgres,
}

/// The place of an installation: what outlives a restart.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    pub(crate) env: HashMap<String, String>,
    database: Option<TestDatabase>,
}

impl Place {
    pub(crate) async fn new(mode: Mode) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut env = HashMap::from([
            ("AUTH_MICROSERVICE_JWT_SECRET_KEY".into(), JWT_KEY.into()),
            (
                "AUTH_MICROSERVICE_INTERNAL_API_SECRET".into(),
                SECRET.into(),
            ),
            (
                "AUTH_MICROSERVICE_BOOTSTRAP_SECRET".into(),
                BOOTSTRAP.into(),
            ),
            // Cheap hashes: these tests are not about their strength.
            ("AUTH_MICROSERVICE_ARGON2_MEMORY_KIB".into(), "64".into()),
            ("AUTH_MICROSERVICE_ARGON2_ITERATIONS".into(), "1".into()),
        ]);
        let database = match mode {
            Mode::Embedded => None,
            Mode::Postgres => {
                let database = TestDatabase::empty().await;
                env.extend(database_env(&database));
                Some(database)
            }
        };
        let place = Self { dir, env, database };
        if mode == Mode::Postgres {
            let migrated = place.run(&["migrate"]);
            assert!(migrated.status.success(), "{migrated:?}");
        }
        place
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The database, in PostgreSQL mode.
    pub(crate) fn database(&self) -> &TestDatabase {
        self.database.as_ref().expect("this test needs PostgreSQL")
    }

    /// Runs statements on the database, beside the service.
    pub(crate) async fn execute(&self, sql: &str) {
        match &self.database {
            Some(database) => database.execute(sql).await,
            None => sqlite::execute(&self.data_dir().join("auth.sqlite"), sql).await,
        }
    }

    /// The rows of a query on the database, beside the service.
    pub(crate) async fn look(&self, sql: &str) -> Vec<String> {
        match &self.database {
            Some(database) => database.look(sql).await,
            None => sqlite::look(&self.data_dir().join("auth.sqlite"), sql).await,
        }
    }

    /// A command of the program `auth-microservice`, with this place's
    /// settings and nothing of the environment around.
    pub(crate) fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_auth-microservice"))
    }

    pub(crate) fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(&self.env)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let mut command = self.command();
        command.args(args).arg("--data-dir").arg(self.data_dir());
        command.output().unwrap()
    }

    /// Starts the service on a free port and waits until it listens.
    pub(crate) fn start(&self) -> Server {
        let mut command = self.command();
        command.args(["serve", "--port", "0", "--data-dir"]);
        command.arg(self.data_dir());
        Server::spawn(command).unwrap_or_else(|lines| panic!("no start: {lines:#?}"))
    }
}

fn database_env(database: &TestDatabase) -> HashMap<String, String> {
    let server = database.server();
    let set = |name: &str, value: &str| (format!("AUTH_MICROSERVICE_DB_{name}"), value.to_owned());
    HashMap::from([
        set("HOST", &server.host),
        set("PORT", &server.port.to_string()),
        set("USER", &server.user),
        set("PASS", server.password.as_deref().unwrap_or("unused")),
        set("BASE", &server.database),
        set("MAX_CONNECTIONS", "4"),
    ])
}

/// A running service; ended with the test, by its process id only.
pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
}

impl Server {
    /// Starts a command and waits for the line that says where it listens; on
    /// an early end answers what it wrote.
    pub(crate) fn spawn(mut command: Command) -> Result<Self, Vec<String>> {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let (lines, written) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _test_is_over = lines.send(line);
            }
        });
        let deadline = Instant::now() + START_WITHIN;
        let mut seen = Vec::new();
        while let Ok(line) =
            written.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            if let Some((_, base)) = line.split_once(" listens on ") {
                let base = base.trim().to_owned();
                return Ok(Self { child, base });
            }
            seen.push(line);
        }
        let _already_over = child.kill();
        let _status = child.wait();
        Err(seen)
    }

    pub(crate) fn api(&self) -> Api {
        Api::new(&self.base)
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how long the end took.
    pub(crate) fn terminate(mut self) -> (bool, Duration) {
        let began = Instant::now();
        let signalled = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(signalled.success());
        let status = self.child.wait().unwrap();
        (status.success(), began.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_over = self.child.kill();
        let _status = self.child.wait();
    }
}

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
        Self {
            client: reqwest::Client::new(),
            base: base.to_owned(),
            headers: Vec::new(),
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
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.header("content-type", content_type).body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
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
        let body = json!({"username": username, "password": PASSWORD});
        self.post("/api/v1/auth/login", body).await
    }

    /// Signs in and acts as that user from then on.
    pub(crate) async fn signed_in(&self, username: &str) -> (Self, Value) {
        let answer = self.login(username).await.expect(200);
        let token = answer["tokens"]["access_token"].as_str().unwrap();
        (self.bearer(token), answer)
    }
}

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
        let place = Place::new(mode).await;
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

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
}
