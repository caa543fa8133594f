//! How many statements a request sends to PostgreSQL, those that begin and end
//! transactions counted too. A number may fall; one that grows is a loss that
//! `docs/performance.md` has to explain.

use serde_json::{Value, json};

use crate::support::{
    Answer, Api, CountedStatements, Mode, PASSWORD, Place, Server, Tokens, World, person,
};

/// How often each request is sent. What runs in the background can only add,
/// so the least is the request's own.
const TIMES: usize = 4;

/// The API alone, since a worker sends statements of its own, behind a proxy
/// that counts.
struct Counted {
    world: World,
    _server: Server,
    api: Api,
    admin: Api,
    statements: CountedStatements,
}

impl Counted {
    async fn new() -> Self {
        let place = Place::new(Mode::Postgres).await;
        let mut world = World::at(place).await;
        // The world's own service stays in front of the proxy.
        let statements = world.place.counted();
        world.place.set("POLICY_POLL_MS", "60000");
        let mut command = world.place.command_of(env!("CARGO_BIN_EXE_auth-api"));
        command.args(["--port", "0"]);
        let server = Server::spawn(command).unwrap();
        let api = server.api();
        let (admin, _) = api.signed_in("acme-admin").await;
        Self {
            world,
            _server: server,
            api,
            admin,
            statements,
        }
    }

    fn users(&self) -> String {
        format!("/api/v1/orgs/{}/users", self.world.acme)
    }

    async fn invite(&self, name: &str) -> i64 {
        let made = self.admin.post(&self.users(), person(name)).await;
        made.expect(201)["user_id"].as_i64().unwrap()
    }

    async fn role(&self, name: &str) -> i64 {
        let body = json!({"role_name": name});
        let made = self.admin.post("/api/v1/rbac/roles", body).await;
        made.expect(201)["role_id"].as_i64().unwrap()
    }

    async fn login(&self, path: &str) -> Answer {
        let body = json!({"username": "acme-admin", "password": PASSWORD});
        self.api.post(path, body).await
    }

    /// The request sends at most so many statements.
    async fn at_most(&self, most: usize, what: &str, request: impl AsyncFnMut(usize)) {
        self.at_most_after(most, what, async |_| (), request).await;
    }

    /// The same where each time something comes before that is not counted.
    /// What it makes of the policy is read before the request is sent.
    async fn at_most_after(
        &self,
        most: usize,
        what: &str,
        mut before: impl AsyncFnMut(usize),
        mut request: impl AsyncFnMut(usize),
    ) {
        // The first fills caches and prepares statements.
        before(0).await;
        request(0).await;
        let mut seen = Vec::new();
        for time in 1..=TIMES {
            before(time).await;
            self.admin.get(&self.users()).await.expect(200);
            self.statements.take();
            request(time).await;
            seen.push(self.statements.take());
        }
        let fewest = seen.into_iter().min_by_key(Vec::len).unwrap();
        let count = fewest.len();
        assert!(count <= most, "{what}: {count} {fewest:#?}");
    }
}

#[tokio::test]
async fn a_sign_in_sends_no_more_statements_than_before() {
    let s = Counted::new().await;
    let login = "/api/v1/auth/login";
    s.at_most(9, "login", async |_| drop(s.login(login).await.expect(200)))
        .await;
    let legacy = "/api/auth/login";
    s.at_most(9, "legacy login", async |_| {
        s.login(legacy).await.expect(200);
    })
    .await;
    let mut tokens = Tokens::login(&s.api, "acme-admin").await;
    s.at_most(8, "refresh", async |_| {
        tokens = Tokens::of(&tokens.refresh(&s.api).await.expect(200));
    })
    .await;
    s.at_most(1, "me", async |_| {
        s.admin.get("/api/v1/auth/me").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn managing_users_sends_no_more_statements_than_before() {
    let s = Counted::new().await;
    let ana = s.invite("ana").await;
    let (one, two) = (s.role("One").await, s.role("Two").await);
    let mut others = Vec::new();
    for time in 0..=TIMES {
        others.push(s.invite(&format!("other{time}")).await);
    }
    let patch = async |body: Value| {
        let path = format!("/api/v1/users/{ana}");
        s.admin.patch(&path, body).await.expect(200);
    };
    s.at_most(2, "list of users", async |_| {
        s.admin.get(&s.users()).await.expect(200);
    })
    .await;
    s.at_most(11, "invite", async |time| {
        s.invite(&format!("new{time}")).await;
    })
    .await;
    s.at_most(9, "PATCH of a name", async |time| {
        patch(json!({"first_name": format!("Ana{time}")})).await;
    })
    .await;
    let active = async |time: usize| {
        let name = format!("Active{time}");
        patch(json!({"first_name": name, "status": "active", "role_id": one})).await;
    };
    let inactive = async |time: usize| {
        let name = format!("Inactive{time}");
        patch(json!({"first_name": name, "status": "inactive", "role_id": two})).await;
    };
    s.at_most_after(12, "PATCH of name and role, to active", inactive, active)
        .await;
    let signed_in = async |time: usize| {
        active(time).await;
        s.api.login("ana").await.expect(200);
    };
    s.at_most_after(
        17,
        "PATCH of name and role, to inactive",
        signed_in,
        inactive,
    )
    .await;
    s.at_most(12, "PATCH of a role", async |time| {
        let role = [one, two][time % 2];
        patch(json!({"role_id": role})).await;
    })
    .await;
    s.at_most(11, "role assignment", async |time| {
        let path = format!("/api/v1/rbac/users/{}/roles", others[time]);
        let answer = s.admin.post(&path, json!({"role_id": one})).await;
        answer.expect(204);
    })
    .await;
}
