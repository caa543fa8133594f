//! Decisions with reasons, in batches and at a revision; what operators do.

use rstest::rstest;
use serde_json::{Value, json};

use crate::roles::{ROLES, admin_role, grant, permission, revision, role, role_with, user_with};
use crate::support::{Mode, World};

const CHECK: &str = "/api/rbac/check";
const BATCH: &str = "/api/rbac/check/batch";

fn why(user: i64, organization: i64, permission: &str) -> Value {
    json!({"user_id": user, "organization_id": organization, "permission": permission,
        "explain": true})
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_check_says_why(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let reader = role_with(&world, "Reader", &["role.read"]).await;
    let (user, ana) = user_with(&world, "ana", reader).await;
    let service = world.api.service();
    let answer = service
        .post(CHECK, why(user, world.acme, "role.read"))
        .await;
    let answer = answer.expect(200);
    let (path, org) = (format!("role:{reader}"), format!("org:{}", world.acme));
    assert_eq!(answer["allowed"], true);
    assert!(answer["revision"].as_i64().unwrap() > 1);
    let reason = json!({"path": [format!("user:{user}"), path],
        "rule": [path, "role.read", org, "access"], "missing": null});
    assert_eq!(answer["reason"], reason);
    for (user, organization, missing) in [
        (user, world.acme, "grant"),
        (999_999, world.acme, "user"),
        (user, 999_999, "organization"),
    ] {
        let answer = service
            .post(CHECK, why(user, organization, "org.delete"))
            .await;
        let answer = answer.expect(200);
        assert_eq!(answer["allowed"], false);
        let reason = json!({"path": [], "rule": null, "missing": missing});
        assert_eq!(answer["reason"], reason);
    }
    let plain = json!({"user_id": user, "organization_id": world.acme,
        "permission": "role.read", "explain": false});
    let plain = service.post(CHECK, plain).await.expect(200);
    assert_eq!(plain.get("reason"), None);
    // Reasons are for callers that may ask.
    let own = ana.post(CHECK, why(user, world.acme, "org.read")).await;
    assert_eq!(own.expect(200)["reason"]["missing"], "grant");
    ana.post(CHECK, why(user, 1, "org.read"))
        .await
        .refused(403, "forbidden");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_check_at_a_revision_is_never_older(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let reader = role(&world.admin, "Reader").await;
    let (user, _) = user_with(&world, "ana", reader).await;
    let service = world.api.service();
    let ask = async |at_least: i64, explain: bool| {
        let body = json!({"user_id": user, "organization_id": world.acme,
            "permission": "org.read", "at_least_revision": at_least, "explain": explain});
        service.post(CHECK, body).await
    };
    let read = permission(&world, "org.read").await;
    for allowed in [true, false, true, false] {
        let written = if allowed {
            grant(&world, &world.admin, reader, "org.read").await
        } else {
            let path = format!("{ROLES}/{reader}/permissions/{read}");
            world.admin.delete(&path).await
        };
        let at_least = revision(&written);
        for explain in [false, true] {
            let answer = ask(at_least, explain).await.expect(200);
            assert_eq!(answer["allowed"], allowed);
            assert!(answer["revision"].as_i64().unwrap() >= at_least);
            let ahead = ask(at_least + 1, explain).await;
            assert_eq!(revision(&ahead), at_least);
            ahead.refused(409, "revision_unknown");
        }
    }
    let negative = ask(-1, false).await;
    negative.invalid(&[json!(["body", "at_least_revision"])]);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_batch_is_answered_in_order_at_one_revision(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let reader = role_with(&world, "Reader", &["org.read"]).await;
    let (user, ana) = user_with(&world, "ana", reader).await;
    let check = |user: i64, permission: &str| json!({"user_id": user, "permission": permission});
    let checks = json!([
        check(user, "org.read"),
        check(user, "org.delete"),
        check(world.admin_id, "org.delete"),
        check(999_999, "org.read"),
        check(user, "org.read"),
    ]);
    let body = json!({"organization_id": world.acme, "checks": checks});
    let service = world.api.service();
    let answer = service.post(BATCH, body.clone()).await.expect(200);
    let allowed = [true, false, true, false, true];
    let results: Vec<Value> = allowed.iter().map(|a| json!({"allowed": a})).collect();
    assert_eq!(answer["results"], json!(results));
    let at = answer["revision"].as_i64().unwrap();

    let mut ahead = body.clone();
    ahead["at_least_revision"] = json!(at + 1);
    let ahead = service.post(BATCH, ahead).await;
    assert_eq!(revision(&ahead), at);
    ahead.refused(409, "revision_unknown");
    let mut explained = body.clone();
    explained["explain"] = json!(true);
    let explained = service.post(BATCH, explained).await;
    explained.invalid(&[json!(["body", "explain"])]);
    let nowhere = json!({"organization_id": 999_999, "checks": [check(user, "org.read")]});
    let nowhere = service.post(BATCH, nowhere).await.expect(200);
    assert_eq!(
        nowhere,
        json!({"revision": 0, "results": [{"allowed": false}]})
    );

    // The access rule is that of the single check.
    world.admin.post(BATCH, body.clone()).await.expect(200);
    world.root.post(BATCH, body.clone()).await.expect(200);
    ana.post(BATCH, body.clone())
        .await
        .refused(403, "forbidden");
    let own = json!({"organization_id": world.acme,
        "checks": [check(user, "org.read"), check(user, "org.delete")]});
    let own = ana.post(BATCH, own).await.expect(200);
    assert_eq!(
        own["results"],
        json!([{"allowed": true}, {"allowed": false}])
    );
    let (_, other) = world.tenant("Other").await;
    other
        .post(BATCH, body.clone())
        .await
        .refused(403, "forbidden");
    world
        .api
        .post(BATCH, body)
        .await
        .refused(401, "not_authenticated");
}

#[tokio::test]
async fn a_batch_has_1_to_1000_checks() {
    let world = World::new(Mode::Embedded).await;
    let service = world.api.service();
    let of = |count: usize| {
        let check = json!({"user_id": world.admin_id, "permission": "org.read"});
        json!({"organization_id": world.acme, "checks": vec![check; count]})
    };
    let most = service.post(BATCH, of(1_000)).await.expect(200);
    assert_eq!(most["results"].as_array().unwrap().len(), 1_000);
    for count in [0, 1_001, 10_001] {
        let answer = service.post(BATCH, of(count)).await;
        answer.invalid(&[json!(["body", "checks"])]);
    }
    let wrong = json!({"organization_id": 0, "checks": [{"user_id": 1, "permission": 5}, 7]});
    service.post(BATCH, wrong).await.invalid(&[
        json!(["body", "organization_id"]),
        json!(["body", "checks", 0, "permission"]),
        json!(["body", "checks", 1]),
    ]);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn operators_see_the_whole_policy_of_an_organization(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let reader = role_with(&world, "Reader", &["role.read", "org.read"]).await;
    let (user, _) = user_with(&world, "ana", reader).await;
    let service = world.api.service();
    let path = format!("/api/admin/rbac/snapshot/{}", world.acme);
    let seen = service.get(&path).await.expect(200);
    assert_eq!(seen["organization_id"], world.acme);
    let roles = seen["roles"].as_array().unwrap();
    let names: Vec<&str> = roles
        .iter()
        .map(|r| r["role_name"].as_str().unwrap())
        .collect();
    let admin = format!("org_{}_admin", world.acme);
    assert_eq!(names, ["Reader", "member", &admin]);
    let permission = async |name: &str, text: &str| {
        json!({"permission_id": permission(&world, name).await, "permission_name": name,
            "permission_description": text})
    };
    let expected = json!({"role_id": reader, "role_name": "Reader", "role_description": null,
        "permissions": [permission("org.read", "Read organization details").await,
            permission("role.read", "List roles").await],
        "users": [{"user_id": user, "username": "ana", "first_name": "Ana", "last_name": null,
            "status": "active"}]});
    assert_eq!(roles[0], expected);
    assert_eq!(roles[2]["permissions"].as_array().unwrap().len(), 41);
    service
        .get("/api/admin/rbac/snapshot/999999")
        .await
        .refused(404, "organization_not_found");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn seeding_twice_is_seeding_once(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let service = world.api.service();
    let before = world.root.get("/api/v1/orgs").await.expect(200);
    for _ in 0..2 {
        let seeded = service.post("/api/admin/bootstrap/seed", json!({})).await;
        assert_eq!(seeded.expect(202), json!({"organizations_seeded": 3}));
    }
    assert_eq!(world.root.get("/api/v1/orgs").await.expect(200), before);
}

#[tokio::test]
async fn an_invalidation_makes_changes_by_hand_count() {
    let world = World::new(Mode::Postgres).await;
    let service = world.api.service();
    let admin = admin_role(&world).await;
    let allowed = async || {
        let body = json!({"user_id": world.admin_id, "organization_id": world.acme,
            "permission": "org.read"});
        let answer = service.post(CHECK, body).await.expect(200);
        answer["allowed"].as_bool().unwrap()
    };
    assert!(allowed().await);
    let taken = format!("DELETE FROM role_permissions WHERE role_id = {admin}");
    world.place.execute(&taken).await;
    assert!(allowed().await, "the revision did not change");
    let path = "/api/internal/cache/invalidate";
    let dropped = service.post(path, json!({})).await.expect(200);
    assert_eq!(dropped, json!({"status": "invalidated"}));
    assert!(!allowed().await);
    service
        .post("/api/admin/bootstrap/seed", json!({}))
        .await
        .expect(202);
    assert!(allowed().await, "seeding gave it back");
}

#[tokio::test]
async fn operators_know_the_secret() {
    let world = World::new(Mode::Embedded).await;
    let snapshot = format!("/api/admin/rbac/snapshot/{}", world.acme);
    let wrong = [
        world.api.clone(),
        world.root.clone(),
        world.api.with("x-internal-secret", ""),
        world.api.with("x-internal-secret", "wrong"),
        world.api.with("x-internal-secret", "gehört-nicht-hierher"),
        world.api.service().with("x-internal-secret", "wrong"),
    ];
    for api in wrong {
        let seen = api.get(&snapshot).await;
        seen.refused(401, "invalid_internal_secret");
        for path in [
            "/api/admin/bootstrap/seed",
            "/api/internal/cache/invalidate",
        ] {
            let done = api.post(path, json!({})).await;
            done.refused(401, "invalid_internal_secret");
        }
    }
}

/// Every right is judged before the body is read, the platform's too.
#[tokio::test]
async fn a_right_that_is_missing_is_told_whatever_the_body_is() {
    let world = World::new(Mode::Embedded).await;
    for path in ["/api/v1/orgs", "/api/v1/rbac/permissions"] {
        for body in ["{", "[]", "{}"] {
            let body = Some(body.as_bytes().to_vec());
            let answer = world
                .admin
                .send(reqwest::Method::POST, path, "application/json", body)
                .await;
            answer.refused(403, "forbidden");
        }
    }
}

/// Crossing needs the right of the route beside the platform's.
#[tokio::test]
async fn the_platform_right_alone_asks_about_nobody_elsewhere() {
    let world = World::new(Mode::Postgres).await;
    let root = 2;
    let auditor = world.role(root, "Auditor", &["platform.rbac.manage"]).await;
    let reader = world
        .role(root, "Reader", &["platform.rbac.manage", "role.read"])
        .await;
    let ask = json!({"user_id": world.admin_id, "organization_id": world.acme,
        "permission": "org.read"});
    for (name, role, status) in [("auditor", auditor, 403), ("reader", reader, 200)] {
        let mut body = crate::support::person(name);
        body["role_id"] = json!(role);
        let users = format!("/api/v1/orgs/{root}/users");
        world.root.post(&users, body).await.expect(201);
        let (api, _) = world.api.signed_in(name).await;
        let answer = api.post(CHECK, ask.clone()).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text);
        let batch = json!({"organization_id": world.acme, "checks": [
            {"user_id": world.admin_id, "permission": "org.read"}]});
        let answer = api.post(BATCH, batch).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_permission_of_a_check_is_a_name() {
    let world = World::new(Mode::Embedded).await;
    let service = world.api.service();
    let ask = |permission: &str| {
        json!({"user_id": world.admin_id,
        "organization_id": world.acme, "permission": permission})
    };
    for wrong in ["", "a\u{0}b", "a\nb", &"x".repeat(51)] {
        let answer = service.post(CHECK, ask(wrong)).await;
        answer.invalid(&[json!(["body", "permission"])]);
    }
    // Trimmed, as where permissions are made.
    let spaced = service.post(CHECK, ask(" org.read ")).await.expect(200);
    assert_eq!(spaced["allowed"], true);
}
