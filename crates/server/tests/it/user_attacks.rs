//! Attacks on and by the users of a tenant.

use futures::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Api, Mode, World, person};

const MANAGER: [&str; 6] = [
    "user.invite",
    "user.read",
    "user.update",
    "user.delete",
    "role.assign",
    "role.revoke",
];

fn users_of(organization: i64) -> String {
    format!("/api/v1/orgs/{organization}/users")
}

fn user(id: i64) -> String {
    format!("/api/v1/users/{id}")
}

/// Every route that names a user of another tenant, with a body that fits.
async fn reach_for(api: &Api, id: &str, query: &str) -> Vec<(String, crate::support::Answer)> {
    let routes = [
        (Method::GET, "", None),
        (Method::PATCH, "", Some(json!({"first_name": "Eve"}))),
        (
            Method::PATCH,
            "",
            Some(json!({"role_id": null, "status": "inactive"})),
        ),
        (Method::DELETE, "", None),
        (Method::GET, "/contact", None),
        (
            Method::PATCH,
            "/contact",
            Some(json!({"email": "eve@example.com"})),
        ),
    ];
    let mut answers = Vec::new();
    for (method, rest, body) in routes {
        let path = format!("/api/v1/users/{id}{rest}{query}");
        let answer = api.call(method.clone(), &path, body.as_ref()).await;
        answers.push((format!("{method} {path}"), answer));
    }
    answers
}

async fn people(world: &World) -> Value {
    let users = world.root.get(&users_of(world.acme)).await.expect(200);
    let path = format!(
        "{}/contact?organization_id={}",
        user(world.admin_id),
        world.acme
    );
    json!([users, world.root.get(&path).await.expect(200)])
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_users_of_another_tenant_are_like_absent_ones(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let (other, eve) = world.tenant("Other").await;
    let before = people(&world).await;
    for id in [world.admin_id, 999_999] {
        for (name, answer) in reach_for(&eve, &id.to_string(), "").await {
            let met = (answer.status.as_u16(), answer.code());
            assert_eq!(met, (404, "user_not_found"), "{name}: {}", answer.text);
        }
    }
    for organization in [world.acme, 999_999] {
        let query = format!("?organization_id={organization}");
        for (name, answer) in reach_for(&eve, &world.admin_id.to_string(), &query).await {
            let met = (answer.status.as_u16(), answer.code());
            assert_eq!(
                met,
                (404, "organization_not_found"),
                "{name}: {}",
                answer.text
            );
        }
        let path = users_of(organization);
        eve.get(&path).await.refused(403, "forbidden");
        eve.post(&path, person("spy"))
            .await
            .refused(403, "forbidden");
    }
    // A role of the other tenant in the body of an allowed request.
    let me = world.admin.get("/api/v1/auth/me").await.expect(200);
    let mine = eve.post(&users_of(other), person("ann")).await.expect(201);
    let ann = user(mine["user_id"].as_i64().unwrap());
    for role in [me["role_id"].clone(), json!(999_999)] {
        let answer = eve.patch(&ann, json!({"role_id": role})).await;
        answer.refused(400, "role_not_in_organization");
        let mut body = person("bob");
        body["role_id"] = role;
        body["organization_id"] = json!(world.acme);
        let answer = eve.post(&users_of(other), body).await;
        answer.refused(400, "role_not_in_organization");
    }
    assert_eq!(eve.get(&ann).await.expect(200), mine);
    assert_eq!(people(&world).await, before);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_user_manager_neither_gains_rights_nor_removes_a_user_that_holds_more(
    #[case] mode: Mode,
) {
    let world = World::new(mode).await;
    let role = world.role(world.acme, "Manager", &MANAGER).await;
    let (id, manager) = world.user("manager", Some(role)).await;
    let (ana, _) = world.user("ana", Some(role)).await;
    let me = world.admin.get("/api/v1/auth/me").await.expect(200);
    let admin_role = me["role_id"].clone();
    let before = people(&world).await;
    let boss = user(world.admin_id);
    for body in [
        json!({"status": "inactive"}),
        json!({"role_id": role}),
        json!({"role_id": null}),
        json!({"first_name": "Eve", "status": "inactive"}),
    ] {
        manager.patch(&boss, body).await.refused(403, "forbidden");
    }
    manager.delete(&boss).await.refused(403, "forbidden");
    let email = json!({"email": "mine@example.com", "city": "Wien"});
    let answer = manager.patch(&format!("{boss}/contact"), email).await;
    answer.refused(403, "forbidden");
    // Neither another nor a new user gets what the manager lacks.
    let answer = manager
        .patch(&user(ana), json!({"role_id": admin_role}))
        .await;
    answer.refused(403, "cannot_grant");
    let mut body = person("puppet");
    body["role_id"] = admin_role.clone();
    let answer = manager.post(&users_of(world.acme), body).await;
    answer.refused(403, "cannot_grant");
    // Nor does the manager itself.
    for body in [
        json!({"role_id": admin_role}),
        json!({"role_id": null}),
        json!({"status": "inactive"}),
    ] {
        manager
            .patch(&user(id), body)
            .await
            .refused(403, "forbidden");
    }
    manager.delete(&user(id)).await.refused(403, "forbidden");
    let ignored = json!({"organization_id": 1, "email_verified": true,
        "email_verified_at": "2026-01-01T00:00:00Z", "user_id": world.admin_id,
        "permissions": ["org.delete"], "role_ids": [admin_role]});
    manager.patch(&user(id), ignored).await.expect(200);
    assert_eq!(people(&world).await, before);
    manager.delete(&user(ana)).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_deactivated_user_is_refused_on_the_very_next_request(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let role = world.role(world.acme, "Manager", &MANAGER).await;
    let (id, ana) = world.user("ana", Some(role)).await;
    let session = world.api.login("ana").await.expect(200);
    let refresh = json!({"session_id": session["tokens"]["session_id"],
        "refresh_token": session["tokens"]["refresh_token"]});
    let check = json!({"user_id": id, "organization_id": world.acme, "permission": "user.read"});
    let service = world.api.service();
    let asked = service
        .post("/api/rbac/check", check.clone())
        .await
        .expect(200);
    assert_eq!(asked["allowed"], true);
    ana.get(&user(id)).await.expect(200);

    let gone = world.admin.delete(&user(id)).await;
    let revision = gone.headers["x-policy-revision"].clone();
    assert_eq!(gone.expect(200)["status"], "inactive");
    let refused = ana.get(&user(id)).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    let refreshed = world
        .api
        .post("/api/v1/auth/refresh", refresh.clone())
        .await;
    assert_eq!(refreshed.status, 401, "{}", refreshed.text);
    world
        .api
        .login("ana")
        .await
        .refused(401, "account_inactive");
    let asked = service.post("/api/rbac/check", check).await.expect(200);
    assert_eq!(asked["allowed"], false);
    assert_eq!(asked["revision"].to_string(), revision.to_str().unwrap());
    let again = world.admin.delete(&user(id)).await.expect(200);
    assert_eq!(again["status"], "inactive");

    // After the user is active again, only a new sign-in helps.
    let back = world
        .admin
        .patch(&user(id), json!({"status": "active"}))
        .await;
    assert_eq!(back.expect(200)["status"], "active");
    ana.get(&user(id)).await.refused(401, "session_revoked");
    let refreshed = world.api.post("/api/v1/auth/refresh", refresh).await;
    refreshed.refused(401, "session_revoked");
    let (ana, _) = world.api.signed_in("ana").await;
    ana.get(&user(id)).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn two_admins_removed_at_once_leave_one(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let path = format!("/api/v1/orgs/{}/admins", world.acme);
    let made = world.admin.post(&path, person("ana")).await.expect(201);
    let (ana_id, boss) = (made["user_id"].as_i64().unwrap(), world.admin_id);
    let query = format!("?organization_id={}", world.acme);
    let remove = async |id: i64| {
        let path = format!("{}{query}", user(id));
        world.root.delete(&path).await
    };
    let (one, two) = futures::join!(remove(ana_id), remove(boss));
    let (won, lost) = if one.status == 200 {
        (one, two)
    } else {
        (two, one)
    };
    won.expect(200);
    lost.refused(409, "last_admin");
    let strip = json!({"role_id": null});
    for id in [ana_id, boss] {
        let path = format!("{}{query}", user(id));
        let kept = world.root.get(&path).await.expect(200)["status"] == "active";
        let answer = world.root.patch(&path, strip.clone()).await;
        if kept {
            answer.refused(409, "last_admin");
        } else {
            answer.expect(200);
        }
    }
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_name_that_many_invite_at_once_is_given_once(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let path = users_of(world.acme);
    let invite = |n: usize| {
        let mut body = person("ana");
        body["contact_information"]["email"] = json!(format!("ana{n}@example.com"));
        world.admin.post(&path, body)
    };
    // `post` takes the path by reference, so the calls are made before they run.
    let answers = join_all((0..6).map(invite)).await;
    let (made, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 1);
    for answer in refused {
        answer.refused(409, "username_already_exists");
    }
}

#[tokio::test]
async fn hostile_bodies_of_users_are_refused_in_bounded_time() {
    let world = World::new(Mode::Embedded).await;
    let (id, _) = world.user("ana", None).await;
    let before = world.admin.get(&user(id)).await.expect(200);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let cases: Vec<(Vec<u8>, u16)> = vec![
        (b"{".to_vec(), 422),
        (b"[]".to_vec(), 422),
        (deep.into_bytes(), 422),
        (vec![b' '; 2 << 20], 413),
        (br#"{"first_name":"a\u0000b"}"#.to_vec(), 422),
        (br#"{"first_name":"\ud800"}"#.to_vec(), 422),
        (br#"{"first_name":7}"#.to_vec(), 422),
        (br#"{"last_name":"a\u001b[31m"}"#.to_vec(), 422),
        (br#"{"role_id":9007199254740992}"#.to_vec(), 422),
        (br#"{"role_id":[1]}"#.to_vec(), 422),
        (br#"{"status":"gone"}"#.to_vec(), 422),
        (br#"{"status":true}"#.to_vec(), 422),
        (br#"{"gender":"unknown"}"#.to_vec(), 422),
        (
            format!(r#"{{"last_name":"{}"}}"#, "x".repeat(129)).into_bytes(),
            422,
        ),
    ];
    for (body, status) in cases {
        let shown: String = String::from_utf8_lossy(&body).chars().take(40).collect();
        let answer = world
            .admin
            .send(Method::PATCH, &user(id), "application/json", Some(body))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text);
    }
    for (name, answer) in reach_for(&world.admin, "9007199254740992", "").await {
        assert_eq!(answer.status, 422, "{name}");
    }
    for (name, answer) in reach_for(&world.admin, &id.to_string(), "?organization_id=x").await {
        assert_eq!(answer.status, 422, "{name}");
    }
    let mut common = person("bea");
    common["password"] = json!("password1");
    let answer = world.admin.post(&users_of(world.acme), common).await;
    answer.refused(422, "password_too_common");
    let mut borrowed = person("bea@elsewhere.org");
    borrowed["contact_information"]["email"] = json!("bea@example.com");
    let answer = world.admin.post(&users_of(world.acme), borrowed).await;
    answer.invalid(&[json!(["body", "username"])]);
    assert_eq!(world.admin.get(&user(id)).await.expect(200), before);
}
