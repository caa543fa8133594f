//! Signing in, refreshing, signing out.

use std::collections::HashSet;

use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Api, Mode, PASSWORD, World};

fn pair(answer: &Value) -> Value {
    json!({
        "session_id": answer["tokens"]["session_id"],
        "refresh_token": answer["tokens"]["refresh_token"],
    })
}

async fn refresh(api: &Api, pair: &Value) -> crate::support::Answer {
    api.post("/api/v1/auth/refresh", pair.clone()).await
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_login_answers_tokens_and_the_profile_of_the_contract(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let answer = world.api.login("acme-admin").await.expect(200);
    let tokens = &answer["tokens"];
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 900);
    assert_eq!(tokens["refresh_token"].as_str().unwrap().len(), 64);
    assert!(
        tokens["refresh_expires_at"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    let user = &answer["user"];
    assert_eq!(user["user_id"], world.admin_id);
    assert_eq!(user["organization_id"], world.acme);
    assert_eq!(user["username"], "acme-admin");
    assert_eq!(user["email"], "acme-admin@example.com");
    assert_eq!(user["first_name"], "Ana");
    assert_eq!(user["last_name"], Value::Null);
    assert_eq!(user["status"], "active");

    let (api, _) = world.api.signed_in("ACME-Admin@example.com").await;
    let me = api.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["user_id"], world.admin_id);
    assert_eq!(me["email_verified"], false);
    assert_eq!(me["license_status"], "active");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_answer_the_same() {
    let world = World::new(Mode::Embedded).await;
    let attempt = |name: &'static str| {
        let body = json!({"username": name, "password": "not the password"});
        let api = world.api.clone();
        async move { api.post("/api/v1/auth/login", body).await }
    };
    let (known, unknown) = (attempt("acme-admin").await, attempt("nobody-here").await);
    known.refused(401, "invalid_credentials");
    unknown.refused(401, "invalid_credentials");
    let without_id = |mut body: Value| {
        body["request_id"] = Value::Null;
        body
    };
    assert_eq!(without_id(known.body), without_id(unknown.body));
}

#[tokio::test]
async fn a_legacy_login_is_a_real_session_that_lives_a_day_and_cannot_be_refreshed() {
    let world = World::new(Mode::Embedded).await;
    let body = json!({"username": "acme-admin", "password": PASSWORD});
    let token = world.api.post("/api/auth/login", body).await.expect(200);
    assert_eq!(token["token_type"], "bearer");
    assert_eq!(token["expires_in"], 86_400);
    let api = world.api.bearer(token["access_token"].as_str().unwrap());
    api.get("/api/v1/auth/me").await.expect(200);
    api.post("/api/v1/auth/logout", json!({})).await.expect(200);
    api.get("/api/v1/auth/me")
        .await
        .refused(401, "session_revoked");
    let short = json!({"username": "acme-admin", "password": "x"});
    world
        .api
        .post("/api/auth/login", short)
        .await
        .refused(401, "invalid_credentials");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_refresh_rotates_the_token_and_keeps_the_session(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let first = world.api.login("acme-admin").await.expect(200);
    let second = refresh(&world.api, &pair(&first)).await.expect(200);
    assert_eq!(
        second["tokens"]["session_id"],
        first["tokens"]["session_id"]
    );
    assert_ne!(
        second["tokens"]["refresh_token"],
        first["tokens"]["refresh_token"]
    );
    assert_eq!(second["user"], first["user"]);
    refresh(&world.api, &pair(&second)).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_hundred_refreshes_of_one_token_at_once_get_one_successor(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let first = world.api.login("acme-admin").await.expect(200);
    let token = pair(&first);
    let answers = join_all((0..100).map(|_| refresh(&world.api, &token))).await;
    let successors: HashSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(200)["tokens"]["refresh_token"].to_string())
        .collect();
    assert_eq!(successors.len(), 1);
}

#[tokio::test]
async fn an_old_token_after_its_successor_was_used_ends_the_session() {
    let world = World::new(Mode::Embedded).await;
    let first = world.api.login("acme-admin").await.expect(200);
    let second = refresh(&world.api, &pair(&first)).await.expect(200);
    let third = refresh(&world.api, &pair(&second)).await.expect(200);
    let bearer = third["tokens"]["access_token"].as_str().unwrap();
    let api = world.api.bearer(bearer);
    api.get("/api/v1/auth/me").await.expect(200);

    refresh(&world.api, &pair(&first))
        .await
        .refused(401, "session_revoked");
    refresh(&world.api, &pair(&third))
        .await
        .refused(401, "session_revoked");
    api.get("/api/v1/auth/me")
        .await
        .refused(401, "session_revoked");
}

#[tokio::test]
async fn a_token_that_never_was_the_sessions_changes_nothing() {
    let world = World::new(Mode::Embedded).await;
    let first = world.api.login("acme-admin").await.expect(200);
    let mut guess = pair(&first);
    guess["refresh_token"] = json!("A".repeat(64));
    refresh(&world.api, &guess)
        .await
        .refused(401, "invalid_refresh_token");
    guess["session_id"] = json!(999_999);
    refresh(&world.api, &guess)
        .await
        .refused(401, "invalid_refresh_token");
    refresh(&world.api, &pair(&first)).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn after_logout_nothing_of_the_session_works_also_after_a_restart(#[case] mode: Mode) {
    let World {
        place,
        server,
        api,
        admin,
        ..
    } = World::new(mode).await;
    let login = api.login("acme-admin").await.expect(200);
    let session = api.bearer(login["tokens"]["access_token"].as_str().unwrap());
    let answer = session
        .post("/api/v1/auth/logout", json!({}))
        .await
        .expect(200);
    assert_eq!(answer, json!({"status": "success"}));
    session
        .get("/api/v1/auth/me")
        .await
        .refused(401, "session_revoked");
    session
        .post("/api/v1/auth/logout", json!({}))
        .await
        .refused(401, "session_revoked");
    refresh(&api, &pair(&login))
        .await
        .refused(401, "session_revoked");
    admin.get("/api/v1/auth/me").await.expect(200);

    server.kill();
    let server = place.start();
    let again = server.api();
    let session = again.bearer(login["tokens"]["access_token"].as_str().unwrap());
    session
        .get("/api/v1/auth/me")
        .await
        .refused(401, "session_revoked");
    refresh(&again, &pair(&login))
        .await
        .refused(401, "session_revoked");
}
