//! Roles, what they grant and their holders, over HTTP.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Mode, World, person};

pub(crate) const ROLES: &str = "/api/v1/rbac/roles";
pub(crate) const PERMISSIONS: &str = "/api/v1/rbac/permissions";

/// The policy revision that a write answers.
#[track_caller]
pub(crate) fn revision(answer: &Answer) -> i64 {
    let value = answer.headers["x-policy-revision"].to_str().unwrap();
    value.parse().unwrap()
}

pub(crate) async fn role(api: &Api, name: &str) -> i64 {
    let made = api
        .post(ROLES, json!({"role_name": name}))
        .await
        .expect(201);
    made["role_id"].as_i64().unwrap()
}

/// The id of a permission of the catalogue.
pub(crate) async fn permission(world: &World, name: &str) -> i64 {
    let listed = world.root.get(PERMISSIONS).await.expect(200);
    let items = listed["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["permission_name"] == name);
    found.unwrap()["permission_id"].as_i64().unwrap()
}

pub(crate) async fn grant(world: &World, by: &Api, role: i64, name: &str) -> Answer {
    let id = permission(world, name).await;
    let path = format!("{ROLES}/{role}/permissions");
    by.post(&path, json!({"permission_id": id})).await
}

pub(crate) async fn assign(by: &Api, user: i64, role: i64) -> Answer {
    let path = format!("/api/v1/rbac/users/{user}/roles");
    by.post(&path, json!({"role_id": role})).await
}

pub(crate) async fn unassign(by: &Api, user: i64, role: i64) -> Answer {
    by.delete(&format!("/api/v1/rbac/users/{user}/roles/{role}"))
        .await
}

/// A role of Acme with those permissions, made by its admin.
pub(crate) async fn role_with(world: &World, name: &str, permissions: &[&str]) -> i64 {
    let id = role(&world.admin, name).await;
    for permission in permissions {
        grant(world, &world.admin, id, permission).await.expect(204);
    }
    id
}

/// A user of Acme with that role: the id, and a client signed in.
pub(crate) async fn user_with(world: &World, name: &str, role: i64) -> (i64, Api) {
    let mut body = person(name);
    body["role_id"] = json!(role);
    let path = format!("/api/v1/orgs/{}/users", world.acme);
    let made = world.admin.post(&path, body).await.expect(201);
    let (api, _) = world.api.signed_in(name).await;
    (made["user_id"].as_i64().unwrap(), api)
}

/// Acme's admin role.
pub(crate) async fn admin_role(world: &World) -> i64 {
    let listed = world.admin.get(ROLES).await.expect(200);
    let items = listed["items"].as_array().unwrap();
    let name = format!("org_{}_admin", world.acme);
    let found = items.iter().find(|item| item["role_name"] == name.as_str());
    found.unwrap()["role_id"].as_i64().unwrap()
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_role_is_made_shown_changed_and_deleted(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let admin = &world.admin;
    let new = json!({"role_name": " Editor ", "role_description": "Writes", "unknown": 1});
    let made = admin.post(ROLES, new).await;
    let first = revision(&made);
    let made = made.expect(201);
    let id = made["role_id"].as_i64().unwrap();
    let expected = json!({"role_id": id, "organization_id": world.acme, "role_name": "Editor",
        "role_description": "Writes", "permissions": [], "created_at": made["created_at"],
        "updated_at": made["created_at"]});
    assert_eq!(made, expected);

    let path = format!("{ROLES}/{id}");
    let granted = grant(&world, admin, id, "org.read").await;
    assert_eq!((granted.status.as_u16(), &*granted.text), (204, ""));
    assert!(revision(&granted) > first);
    let changed = admin.patch(
        &path,
        json!({"role_name": "Writer", "role_description": null}),
    );
    let changed = changed.await;
    let second = revision(&changed);
    let changed = changed.expect(200);
    assert_eq!(changed["role_name"], "Writer");
    assert_eq!(changed["role_description"], Value::Null, "null clears it");
    assert_eq!(changed["permissions"].as_array().unwrap().len(), 1);
    assert_ne!(changed["updated_at"], changed["created_at"]);
    let same = admin.patch(&path, json!({})).await;
    assert_eq!(revision(&same), second);
    assert_eq!(same.expect(200), changed);

    let listed = admin.get(ROLES).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().last(), Some(&changed));
    assert_eq!(listed["next_cursor"], json!(null));
    let gone = admin.delete(&path).await;
    assert!(revision(&gone) > second);
    assert_eq!((gone.status.as_u16(), &*gone.text), (204, ""));
    admin.delete(&path).await.refused(404, "role_not_found");
    admin
        .patch(&path, json!({}))
        .await
        .refused(404, "role_not_found");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn what_a_role_grants_holds_from_the_next_request_on(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let admin = &world.admin;
    let id = role_with(&world, "Reader", &[]).await;
    let (user, ana) = user_with(&world, "ana", id).await;
    ana.get(ROLES).await.refused(403, "forbidden");
    grant(&world, admin, id, "role.read").await.expect(204);
    ana.get(ROLES).await.expect(200);
    grant(&world, admin, id, "role.read")
        .await
        .refused(409, "role_permission_exists");
    let read = permission(&world, "role.read").await;
    let path = format!("{ROLES}/{id}/permissions/{read}");
    admin.delete(&path).await.expect(204);
    ana.get(ROLES).await.refused(403, "forbidden");
    admin
        .delete(&path)
        .await
        .refused(404, "role_permission_not_found");

    grant(&world, admin, id, "role.read").await.expect(204);
    let taken = unassign(admin, user, id).await;
    assert!(revision(&taken) > 0);
    assert_eq!((taken.status.as_u16(), &*taken.text), (204, ""));
    ana.get(ROLES).await.refused(403, "forbidden");
    unassign(admin, user, id)
        .await
        .refused(409, "role_not_assigned");
    let given = assign(admin, user, id).await;
    let again = assign(admin, user, id).await;
    assert_eq!(revision(&given), revision(&again), "held already");
    again.expect(204);
    ana.get(ROLES).await.expect(200);
    admin.delete(&format!("{ROLES}/{id}")).await.expect(204);
    ana.get(ROLES).await.refused(403, "forbidden");
    unassign(admin, user, id)
        .await
        .refused(409, "role_not_assigned");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn names_conflict_in_one_organization_and_system_names_are_reserved(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let (_, other) = world.tenant("Other").await;
    let id = role(&world.admin, "Editor").await;
    role(&other, "Editor").await;
    role(&world.admin, "Writer").await;
    for name in ["EDITOR", "super_admin", "member", "org_999_admin"] {
        let made = world.admin.post(ROLES, json!({"role_name": name})).await;
        made.refused(409, "role_name_exists");
    }
    for name in ["writer", "Member"] {
        let path = format!("{ROLES}/{id}");
        let changed = world.admin.patch(&path, json!({"role_name": name})).await;
        changed.refused(409, "role_name_exists");
    }
    let admin = admin_role(&world).await;
    let path = format!("{ROLES}/{admin}");
    let renamed = world.admin.patch(&path, json!({"role_name": "Mine"})).await;
    renamed.refused(409, "system_role");
    world.admin.delete(&path).await.refused(409, "system_role");
    let crossed = format!("{path}?organization_id={}", world.acme);
    world
        .root
        .delete(&crossed)
        .await
        .refused(409, "system_role");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_catalogue_is_shared_and_the_platform_adds_to_it(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let new = json!({"permission_name": "doc.read", "permission_description": "Read documents"});
    let refused = world.admin.post(PERMISSIONS, new.clone()).await;
    refused.refused(403, "forbidden");
    let made = world.root.post(PERMISSIONS, new.clone()).await;
    assert!(revision(&made) > 0);
    let made = made.expect(201);
    let id = made["permission_id"].as_i64().unwrap();
    let expected = json!({"permission_id": id, "permission_name": "doc.read",
        "permission_description": "Read documents", "created_at": made["created_at"]});
    assert_eq!(made, expected);
    let again = world.root.post(PERMISSIONS, new).await;
    again.refused(409, "permission_name_exists");
    let listed = world.admin.get(PERMISSIONS).await.expect(200);
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 48);
    assert_eq!(items.last(), Some(&made));

    // Granted in a tenant, it decides there like any other.
    let id = role(&world.admin, "Reader").await;
    let (user, _) = user_with(&world, "ana", id).await;
    let refused = grant(&world, &world.admin, id, "doc.read").await;
    refused.refused(403, "cannot_grant");
    let path = format!("{ROLES}/{id}/permissions?organization_id={}", world.acme);
    let doc_read = json!({"permission_id": made["permission_id"]});
    let granted = world.root.post(&path, doc_read).await;
    let question = json!({"user_id": user, "organization_id": world.acme,
        "permission": "doc.read", "at_least_revision": revision(&granted)});
    granted.expect(204);
    let service = world.api.service();
    let answer = service.post("/api/rbac/check", question).await.expect(200);
    assert_eq!(answer["allowed"], true);
}

#[tokio::test]
async fn lists_are_paged_by_id() {
    let world = World::new(Mode::Embedded).await;
    for name in ["A", "B", "C"] {
        role(&world.admin, name).await;
    }
    for (list, key, total) in [(ROLES, "role_id", 5), (PERMISSIONS, "permission_id", 47)] {
        let mut ids: Vec<i64> = Vec::new();
        let mut path = format!("{list}?limit=4");
        loop {
            let page = world.admin.get(&path).await.expect(200);
            let items = page["items"].as_array().unwrap();
            ids.extend(items.iter().map(|item| item[key].as_i64().unwrap()));
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("{list}?limit=4&cursor={cursor}");
        }
        assert_eq!(ids.len(), total);
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        for bad in ["limit=0", "limit=501", "cursor=%21"] {
            let answer = world.admin.get(&format!("{list}?{bad}")).await;
            assert_eq!(answer.status, 422, "{bad}");
        }
    }
}

#[tokio::test]
async fn a_422_names_the_field() {
    let world = World::new(Mode::Embedded).await;
    let body = |name: &str| json!(["body", name]);
    let long = "x".repeat(256);
    let cases: [(&str, Value, &[Value]); 7] = [
        (ROLES, json!({}), &[body("role_name")]),
        (ROLES, json!({"role_name": " "}), &[body("role_name")]),
        (
            ROLES,
            json!({"role_name": "x".repeat(51), "role_description": long}),
            &[body("role_name"), body("role_description")],
        ),
        (
            ROLES,
            json!({"role_name": "a\u{1b}[31m"}),
            &[body("role_name")],
        ),
        (
            "/api/v1/rbac/roles/1/permissions",
            json!({"permission_id": 0}),
            &[body("permission_id")],
        ),
        (
            "/api/v1/rbac/users/1/roles",
            json!({"role_id": "x"}),
            &[body("role_id")],
        ),
        (
            "/api/v1/rbac/roles/0/permissions",
            json!({"permission_id": 1}),
            &[json!(["path", "role_id"])],
        ),
    ];
    for (path, body, locs) in cases {
        world.admin.post(path, body).await.invalid(locs);
    }
    let answer = world.admin.get(&format!("{ROLES}?organization_id=x")).await;
    answer.invalid(&[json!(["query", "organization_id"])]);
    let name = json!({"permission_name": "x".repeat(51)});
    let answer = world.root.post(PERMISSIONS, name).await;
    answer.invalid(&[body("permission_name")]);
}
