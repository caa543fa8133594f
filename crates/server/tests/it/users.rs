//! Users over HTTP.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Api, Mode, World, person};

fn users_of(organization: i64) -> String {
    format!("/api/v1/orgs/{organization}/users")
}

fn user(id: i64) -> String {
    format!("/api/v1/users/{id}")
}

fn contact(id: i64) -> String {
    format!("/api/v1/users/{id}/contact")
}

#[track_caller]
fn revision(answer: &crate::support::Answer) -> i64 {
    let value = answer.headers["x-policy-revision"].to_str().unwrap();
    value.parse().unwrap()
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_user_is_invited_shown_and_changed(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let reader = world.role(world.acme, "Reader", &["user.read"]).await;
    let made = world.admin.post(&users_of(world.acme), person("ana")).await;
    let first = revision(&made);
    let made = made.expect(201);
    let id = made["user_id"].as_i64().unwrap();
    let member = made["role_id"].clone();
    let expected = json!({"user_id": id, "username": "ana", "first_name": "Ana",
        "middle_name": null, "last_name": null, "organization_id": world.acme,
        "role_id": member, "role_ids": [member], "status": "active",
        "email": "ana@example.com", "created_at": made["created_at"],
        "updated_at": made["updated_at"]});
    assert!(member.is_i64());
    assert_eq!(made, expected);
    assert_eq!(world.admin.get(&user(id)).await.expect(200), made);

    let changes = json!({"first_name": " Änne ", "middle_name": "M", "last_name": "Lima",
        "date_of_birth": "1990", "gender": "female", "nationality": "PT",
        "role_id": reader, "username": "ignored", "organization_id": 1});
    let changed = world.admin.patch(&user(id), changes).await;
    assert!(revision(&changed) > first);
    let changed = changed.expect(200);
    assert_eq!(changed["first_name"], "Änne");
    assert_eq!(changed["last_name"], "Lima");
    assert_eq!(changed["username"], "ana");
    assert_eq!(changed["organization_id"], world.acme);
    assert_eq!(changed["role_ids"], json!([reader]));
    let clear = json!({"middle_name": null, "last_name": null, "date_of_birth": null,
        "gender": null, "nationality": null, "role_id": null});
    let cleared = world.admin.patch(&user(id), clear).await.expect(200);
    assert_eq!(cleared["last_name"], json!(null));
    assert_eq!(cleared["role_id"], json!(null));
    assert_eq!(cleared["role_ids"], json!([]));
    let same = world.admin.patch(&user(id), json!({})).await.expect(200);
    assert_eq!(same, cleared, "nothing changed, `updated_at` neither");
    for field in ["first_name", "status"] {
        let answer = world.admin.patch(&user(id), json!({ field: null })).await;
        answer.invalid(&[json!(["body", field])]);
    }
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_contact_is_shown_and_changed(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let (id, _) = world.user("ana", None).await;
    let mut expected = json!({"email": "ana@example.com", "phone_number": null,
        "emergency_number": null, "address": null, "street_address": null, "city": null,
        "state": null, "zip_code": null, "country": null});
    let shown = world.admin.get(&contact(id)).await.expect(200);
    assert_eq!(shown, expected);
    let changes = json!({"email": "Ana.New@Example.com", "phone_number": "+351 1",
        "city": "Lisboa", "unknown": 1});
    let changed = world.admin.patch(&contact(id), changes).await;
    assert!(revision(&changed) > 0);
    expected["email"] = json!("Ana.New@example.com");
    expected["phone_number"] = json!("+351 1");
    expected["city"] = json!("Lisboa");
    assert_eq!(changed.expect(200), expected);
    expected["city"] = json!(null);
    let cleared = world.admin.patch(&contact(id), json!({"city": null})).await;
    assert_eq!(cleared.expect(200), expected);
    assert_eq!(world.admin.get(&contact(id)).await.expect(200), expected);

    let refuse = async |email: Value| {
        world
            .admin
            .patch(&contact(id), json!({"email": email}))
            .await
    };
    refuse(json!(null)).await.refused(400, "email_required");
    let taken = refuse(json!("ROOT@example.com")).await;
    taken.refused(400, "email_already_exists");
    refuse(json!("nobody"))
        .await
        .invalid(&[json!(["body", "email"])]);
    assert_eq!(world.admin.get(&contact(id)).await.expect(200), expected);
    let login = json!({"username": "ana.new@example.com", "password": crate::support::PASSWORD});
    world
        .api
        .post("/api/v1/auth/login", login)
        .await
        .expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn users_are_listed_by_status_and_by_pages(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let mut ids = vec![world.admin_id];
    for name in ["ana", "bea", "cyd"] {
        let made = world.admin.post(&users_of(world.acme), person(name)).await;
        ids.push(made.expect(201)["user_id"].as_i64().unwrap());
    }
    let gone = world.admin.delete(&user(ids[2])).await.expect(200);
    assert_eq!(gone["status"], "inactive");
    let list = async |query: &str| {
        let path = format!("{}?{query}", users_of(world.acme));
        let answer = world.admin.get(&path).await.expect(200);
        let items = answer["items"].as_array().unwrap().clone();
        let ids: Vec<i64> = items
            .iter()
            .map(|item| item["user_id"].as_i64().unwrap())
            .collect();
        (ids, answer["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(list("").await, (ids.clone(), None));
    let active = [ids[0], ids[1], ids[3]];
    assert_eq!(list("status=active").await.0, active);
    assert_eq!(list("status=inactive").await.0, [ids[2]]);
    assert_eq!(list("status=inactive&status=active").await.0, ids);
    let (first, cursor) = list("status=active&limit=2").await;
    assert_eq!(first, active[..2]);
    let next = format!("status=active&limit=2&cursor={}", cursor.unwrap());
    assert_eq!(list(&next).await, (vec![ids[3]], None));

    assert_eq!(
        list("sort=-created_at").await.0,
        [ids[3], ids[2], ids[1], ids[0]]
    );
    let (first, cursor) = list("sort=-username&limit=2&q=").await;
    assert_eq!(first, [ids[3], ids[2]]);
    let cursor = cursor.unwrap();
    let next = format!("sort=-username&limit=2&cursor={cursor}");
    assert_eq!(list(&next).await.0, [ids[1], ids[0]]);
    assert_eq!(list("q=BEA").await.0, [ids[2]]);
    assert_eq!(list("q=bea@ex&q=cyd%40").await.0, [ids[3]], "the last one");
    assert_eq!(list("q=be&status=active").await.0, [0; 0]);
    let admin = world.admin.get(&user(ids[0])).await.expect(200)["role_id"].clone();
    let member = world.admin.get(&user(ids[1])).await.expect(200)["role_id"].clone();
    assert_eq!(list(&format!("role_id={admin}")).await.0, [ids[0]]);
    let both = format!("role_id={admin}&role_id={member}");
    assert_eq!(list(&both).await.0, ids);
    assert_eq!(list(&format!("{both}&q=acme-")).await.0, [ids[0]]);
    let too_long = format!("q={}", "a".repeat(129));
    let of_another_order = format!("sort=username&cursor={cursor}");
    for (bad, loc) in [
        ("status=active&status=gone", json!(["query", "status", 1])),
        ("limit=0", json!(["query", "limit"])),
        ("cursor=%21", json!(["query", "cursor"])),
        ("sort=name", json!(["query", "sort"])),
        ("role_id=1&role_id=x", json!(["query", "role_id", 1])),
        (&*too_long, json!(["query", "q"])),
        (&*of_another_order, json!(["query", "cursor"])),
    ] {
        let path = format!("{}?{bad}", users_of(world.acme));
        world.admin.get(&path).await.invalid(&[loc]);
    }
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn an_admin_makes_another_and_no_other_user_does(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let (other, _) = world.tenant("Other").await;
    let admins = |organization: i64| format!("/api/v1/orgs/{organization}/admins");
    let made = world.admin.post(&admins(world.acme), person("ana")).await;
    assert!(revision(&made) > 0);
    let made = made.expect(201);
    let me = world.admin.get("/api/v1/auth/me").await.expect(200);
    let expected = json!({"user_id": made["user_id"], "username": "ana",
        "email": "ana@example.com", "first_name": "Ana", "last_name": null,
        "organization_id": world.acme, "role_id": me["role_id"]});
    assert_eq!(made, expected);

    for foreign in [other, 999_999] {
        let answer = world.admin.post(&admins(foreign), person("bea")).await;
        answer.refused(403, "forbidden");
    }
    let (one, two) = (["user.invite"].as_slice(), ["role.assign"].as_slice());
    let both = ["user.invite", "role.assign"];
    for (name, held, code) in [
        ("one", one, "forbidden"),
        ("two", two, "forbidden"),
        ("both", &both, "cannot_grant"),
    ] {
        let role = world.role(world.acme, name, held).await;
        let (_, api) = world.user(&format!("user-{name}"), Some(role)).await;
        let answer = api.post(&admins(world.acme), person("bea")).await;
        answer.refused(403, code);
    }
    let across = world.root.post(&admins(other), person("bea")).await;
    assert_eq!(across.expect(201)["organization_id"], other);
    let nowhere = world.root.post(&admins(999_999), person("cyd")).await;
    nowhere.refused(404, "organization_not_found");
    let (ana, _) = world.api.signed_in("ana").await;
    ana.get(&users_of(world.acme)).await.expect(200);
}

#[tokio::test]
async fn the_platform_crosses_over_to_the_users_of_a_tenant() {
    let world = World::new(Mode::Embedded).await;
    let (id, _) = world.user("ana", None).await;
    let there = format!("?organization_id={}", world.acme);
    let call = async |api: &Api, query: &str| {
        let path = format!("{}{query}", user(id));
        api.patch(&path, json!({"last_name": "Lima"})).await
    };
    call(&world.root, "").await.refused(404, "user_not_found");
    let changed = call(&world.root, &there).await.expect(200);
    assert_eq!(changed["last_name"], "Lima");
    let absent = call(&world.root, "?organization_id=999999").await;
    absent.refused(404, "organization_not_found");
    let made = world.root.post(&users_of(world.acme), person("bea")).await;
    assert_eq!(made.expect(201)["organization_id"], world.acme);
    let crossed = world
        .place
        .look("SELECT action_type FROM audit_logs WHERE crossed ORDER BY log_id")
        .await;
    assert_eq!(crossed, ["user.updated", "user.created"]);
}
