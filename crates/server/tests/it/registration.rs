//! Joining an organization without being invited.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Mode, PASSWORD, World, person};

const REGISTER: &str = "/api/auth/register";

fn member_of(organization: i64, name: &str) -> Value {
    let mut body = person(name);
    body["organization_id"] = json!(organization);
    body
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn an_open_organization_takes_members_and_a_closed_one_is_not_to_be_told_from_none(
    #[case] mode: Mode,
) {
    let world = World::new(mode).await;
    let own = format!("/api/v1/orgs/{}", world.acme);
    let register = |body: Value| {
        let api = world.api.clone();
        async move { api.post(REGISTER, body).await }
    };
    let closed = register(member_of(world.acme, "newcomer")).await;
    closed.refused(404, "organization_not_found");
    let unknown = register(member_of(999_999, "newcomer")).await;
    unknown.refused(404, "organization_not_found");
    assert_eq!(closed.body["title"], unknown.body["title"]);

    let open = json!({"self_registration": true, "allowed_email_domains": ["example.com"]});
    world.admin.patch(&own, open).await.expect(200);
    let mut elsewhere = member_of(world.acme, "newcomer");
    elsewhere["contact_information"]["email"] = json!("newcomer@example.org");
    register(elsewhere)
        .await
        .refused(404, "organization_not_found");
    let me = world.admin.get("/api/v1/auth/me").await.expect(200);
    let mut chosen = member_of(world.acme, "newcomer");
    chosen["role_id"] = me["role_id"].clone();
    register(chosen).await.refused(403, "role_not_allowed");

    let user = register(member_of(world.acme, "newcomer"))
        .await
        .expect(201);
    assert_eq!(user["organization_id"], world.acme);
    assert_eq!(user["email"], "newcomer@example.com");
    assert!(user["role_id"].is_i64());
    register(member_of(world.acme, "NEWCOMER"))
        .await
        .refused(409, "username_already_exists");

    // The address is a claim until its mail is read; a wrong password tells
    // nothing of that.
    let login = world.api.login("newcomer").await;
    login.refused(403, "email_not_verified");
    let legacy = json!({"username": "newcomer", "password": PASSWORD});
    let legacy = world.api.post("/api/auth/login", legacy).await;
    legacy.refused(403, "email_not_verified");
    let guess = world.api.guess("newcomer").await;
    guess.refused(401, "invalid_credentials");
    let mail = world.place.mail(1).await;
    assert_eq!(mail.to, "newcomer@example.com");
    let token = json!({"token": mail.token()});
    let verify = world.api.post("/api/v1/auth/email/verify", token);
    verify.await.expect(200);
    let (member, _) = world.api.signed_in("newcomer").await;
    let profile = member.get("/api/v1/auth/me").await.expect(200);
    let expected = json!([
        "feedback.create",
        "support.comment",
        "support.ticket.create",
        "support.ticket.read"
    ]);
    assert_eq!(profile["permissions"], expected);
    member.get(&own).await.refused(403, "forbidden");

    world.admin.delete(&own).await.expect(200);
    register(member_of(world.acme, "too-late"))
        .await
        .refused(404, "organization_not_found");
}

#[tokio::test]
async fn a_username_with_an_at_sign_must_be_the_users_own_address() {
    let world = World::new(Mode::Embedded).await;
    let own = format!("/api/v1/orgs/{}", world.acme);
    world
        .admin
        .patch(&own, json!({"self_registration": true}))
        .await
        .expect(200);
    let mut body = member_of(world.acme, "thief");
    body["username"] = json!("victim@example.com");
    let answer = world.api.post(REGISTER, body).await;
    answer.invalid(&[json!(["body", "username"])]);
    let mut body = member_of(world.acme, "honest");
    body["username"] = json!("Honest@Example.com");
    world.api.post(REGISTER, body).await.expect(201);
    world.api.signed_in("honest@example.com").await;
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_registration_gets_no_more_than_the_form_asks_for(#[case] mode: Mode) {
    let world = World::new(mode).await;
    world.open_registration().await;
    let mut body = member_of(world.acme, "greedy");
    for (field, value) in [
        ("user_id", json!(world.admin_id)),
        ("status", json!("inactive")),
        ("email_verified", json!(true)),
        ("email_verified_at", json!("2026-01-01T00:00:00Z")),
        ("role_ids", json!([1])),
        ("permissions", json!(["platform.users.manage"])),
        ("is_superuser", json!(true)),
        ("password_hash", json!("x")),
    ] {
        body[field] = value.clone();
        body["contact_information"][field] = value;
    }
    let made = world.api.post(REGISTER, body).await.expect(201);
    assert_ne!(made["user_id"], world.admin_id);
    let (greedy, _) = world.api.signed_in("greedy").await;
    let me = greedy.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["user_id"], made["user_id"]);
    assert_eq!(me["status"], "active");
    assert_eq!(me["email_verified"], false);
    assert_eq!(me["role_ids"].as_array().unwrap().len(), 1);
    assert_eq!(me["permissions"].as_array().unwrap().len(), 4);
}
