//! The tokens of a session, and what they are good for.

use serde_json::{Value, json};

use super::{Answer, Api};

const ME: &str = "/api/v1/auth/me";

/// The tokens of a session, as a client holds them.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) session: i64,
}

impl Tokens {
    /// The tokens of an answer that has them.
    pub(crate) fn of(answer: &Value) -> Self {
        let tokens = &answer["tokens"];
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
            session: tokens["session_id"].as_i64().unwrap(),
        }
    }

    /// The tokens of a new session.
    pub(crate) async fn login(api: &Api, username: &str) -> Self {
        Self::of(&api.login(username).await.expect(200))
    }

    pub(crate) fn bearer(&self, api: &Api) -> Api {
        api.bearer(&self.access)
    }

    pub(crate) async fn refresh(&self, api: &Api) -> Answer {
        let body = json!({"session_id": self.session, "refresh_token": self.refresh});
        api.post("/api/v1/auth/refresh", body).await
    }

    /// Bearer, refresh and introspection work; nothing is rotated.
    pub(crate) async fn live(&self, api: &Api) {
        self.bearer(api).get(ME).await.expect(200);
        for token in [&self.access, &self.refresh] {
            assert_eq!(introspect(api, token).await["active"], true);
        }
    }

    /// Bearer and refresh are refused with that code, and introspection tells
    /// nothing.
    pub(crate) async fn dead(&self, api: &Api, code: &str) {
        self.bearer(api).get(ME).await.refused(401, code);
        self.refresh(api).await.refused(401, code);
        for token in [&self.access, &self.refresh] {
            assert_eq!(introspect(api, token).await, json!({"active": false}));
        }
    }
}

/// What another service is told of a token.
pub(crate) async fn introspect(api: &Api, token: &str) -> Value {
    let body = json!({"token": token});
    let answer = api.service().post("/api/v1/auth/introspect", body).await;
    answer.expect(200)
}
