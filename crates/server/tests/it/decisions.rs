//! "May this user do that?"

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Mode, World, person};

const CHECK: &str = "/api/rbac/check";

fn question(user: i64, organization: i64, permission: &str) -> Value {
    json!({"user_id": user, "organization_id": organization, "permission": permission})
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_service_asks_about_any_user(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let service = world.api.service();
    let allowed = |user, organization, permission: &str| {
        let body = question(user, organization, permission);
        let service = service.clone();
        async move { service.post(CHECK, body).await.expect(200) }
    };
    let yes = allowed(world.admin_id, world.acme, "org.read").await;
    assert_eq!(yes["allowed"], true);
    assert!(yes["revision"].as_i64().unwrap() > 0);
    for (user, organization, permission) in [
        (world.admin_id, world.acme, "platform.users.manage"),
        (world.admin_id, world.acme, "no.such.permission"),
        (world.admin_id, 1, "org.read"),
        (world.admin_id, 999_999, "org.read"),
        (999_999, world.acme, "org.read"),
    ] {
        let answer = allowed(user, organization, permission).await;
        assert_eq!(
            answer["allowed"], false,
            "{user} {organization} {permission}"
        );
    }
    let path = format!("/api/rbac/users/{}/permissions", world.admin_id);
    let listed = service
        .get(&format!("{path}?organization_id={}", world.acme))
        .await;
    let listed = listed.expect(200)["permissions"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(listed.len(), 41);
    assert!(listed.is_sorted_by_key(|p| p.as_str()));
    let elsewhere = service
        .get(&format!("{path}?organization_id=1"))
        .await
        .expect(200);
    assert_eq!(elsewhere["permissions"], json!([]));
}

#[tokio::test]
async fn a_user_asks_about_itself_and_with_the_right_about_its_organization() {
    let world = World::new(Mode::Embedded).await;
    let own = format!("/api/v1/orgs/{}", world.acme);
    world
        .admin
        .patch(&own, json!({"self_registration": true}))
        .await
        .expect(200);
    let mut body = person("member");
    body["organization_id"] = json!(world.acme);
    let member = world.api.post("/api/auth/register", body).await.expect(201);
    let member_id = member["user_id"].as_i64().unwrap();
    let (api, _) = world.api.signed_in("member").await;

    let about_itself = api
        .post(CHECK, question(member_id, world.acme, "feedback.create"))
        .await;
    assert_eq!(about_itself.expect(200)["allowed"], true);
    let about_another = question(world.admin_id, world.acme, "org.read");
    api.post(CHECK, about_another.clone())
        .await
        .refused(403, "forbidden");
    world
        .admin
        .post(CHECK, question(member_id, world.acme, "org.read"))
        .await
        .expect(200);
    world
        .admin
        .post(CHECK, question(member_id, 1, "org.read"))
        .await
        .refused(403, "forbidden");
    world
        .admin
        .post(CHECK, question(member_id, 999_999, "org.read"))
        .await
        .refused(403, "forbidden");
    world
        .root
        .post(CHECK, about_another.clone())
        .await
        .expect(200);
    world
        .api
        .post(CHECK, about_another.clone())
        .await
        .refused(401, "not_authenticated");
    let wrong = world.api.with("x-internal-secret", "wrong");
    wrong
        .post(CHECK, about_another)
        .await
        .refused(401, "invalid_internal_secret");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn effective_permissions_are_for_readers_of_roles_in_the_organization(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let (_, other) = world.tenant("Other").await;
    let path = format!("/api/v1/rbac/effective/{}", world.admin_id);
    let own = world.admin.get(&path).await.expect(200);
    assert_eq!(own["permissions"].as_array().unwrap().len(), 41);
    other.get(&path).await.refused(404, "user_not_found");
    let named = format!("{path}?organization_id={}", world.acme);
    other
        .get(&named)
        .await
        .refused(404, "organization_not_found");
    let crossed = world.root.get(&named).await.expect(200);
    assert_eq!(crossed["permissions"], own["permissions"]);
    world.api.get(&path).await.refused(401, "not_authenticated");
}
