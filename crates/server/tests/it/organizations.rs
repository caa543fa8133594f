//! Organizations over HTTP.

use rstest::rstest;
use serde_json::json;

use crate::support::{Mode, World};

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_platform_makes_lists_changes_and_suspends_organizations(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let made = world
        .root
        .post("/api/v1/orgs", json!({"organization_name": " Bolt "}))
        .await;
    assert!(made.headers.contains_key("x-policy-revision"));
    let made = made.expect(201);
    assert_eq!(made["organization_name"], "Bolt");
    assert_eq!(made["license_status"], "active");
    assert_eq!(made["self_registration"], false);
    assert_eq!(made["sso_provisioning"], false);
    assert_eq!(made["allowed_email_domains"], json!([]));
    let path = format!("/api/v1/orgs/{}", made["organization_id"]);
    assert_eq!(world.root.get(&path).await.expect(200), made);

    let change = json!({"organization_name": "Bolt 2", "self_registration": true,
        "allowed_email_domains": ["Example.com"], "unknown": 1});
    let changed = world.root.patch(&path, change).await.expect(200);
    assert_eq!(changed["organization_name"], "Bolt 2");
    assert_eq!(changed["self_registration"], true);
    assert_eq!(changed["allowed_email_domains"], json!(["example.com"]));
    assert_eq!(changed["created_at"], made["created_at"]);
    assert_ne!(changed["updated_at"], made["updated_at"]);

    for _ in 0..2 {
        let gone = world.root.delete(&path).await.expect(200);
        assert_eq!(gone["license_status"], "suspended");
    }
    let back = world
        .root
        .patch(&path, json!({"license_status": "active"}))
        .await;
    assert_eq!(back.expect(200)["license_status"], "active");
    let listed = world.root.get("/api/v1/orgs").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 4);
    assert_eq!(listed["next_cursor"], json!(null));
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_tenant_reaches_only_its_own_organization(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let (other, _) = world.tenant("Other").await;
    let own = format!("/api/v1/orgs/{}", world.acme);
    assert_eq!(
        world.admin.get(&own).await.expect(200)["organization_name"],
        "Acme"
    );
    let listed = world.admin.get("/api/v1/orgs").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    for foreign in [other, 999_999] {
        let path = format!("/api/v1/orgs/{foreign}");
        world.admin.get(&path).await.refused(403, "forbidden");
        world
            .admin
            .patch(&path, json!({"organization_name": "Mine"}))
            .await
            .refused(403, "forbidden");
        world.admin.delete(&path).await.refused(403, "forbidden");
    }
    world
        .root
        .get("/api/v1/orgs/999999")
        .await
        .refused(404, "organization_not_found");
    let new = world
        .admin
        .post("/api/v1/orgs", json!({"organization_name": "New"}))
        .await;
    new.refused(403, "forbidden");
    let licence = world
        .admin
        .patch(&own, json!({"license_status": "expired"}))
        .await;
    licence.refused(403, "forbidden");
    let renamed = world
        .admin
        .patch(&own, json!({"organization_name": "Acme 2"}))
        .await;
    assert_eq!(renamed.expect(200)["organization_name"], "Acme 2");
}

#[tokio::test]
async fn the_root_organization_is_protected() {
    let world = World::new(Mode::Embedded).await;
    let me = world.root.get("/api/v1/auth/me").await.expect(200);
    let path = format!("/api/v1/orgs/{}", me["organization_id"]);
    world
        .root
        .delete(&path)
        .await
        .refused(409, "protected_organization");
    for change in [
        json!({"organization_name": "Mine"}),
        json!({"license_status": "suspended"}),
        json!({"self_registration": true}),
        json!({"sso_provisioning": true}),
        json!({"allowed_email_domains": ["example.com"]}),
    ] {
        world
            .root
            .patch(&path, change)
            .await
            .refused(409, "protected_organization");
    }
    world.root.get(&path).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_suspended_organization_is_locked_out_on_the_next_request(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let login = world.api.login("acme-admin").await.expect(200);
    let own = format!("/api/v1/orgs/{}", world.acme);
    assert_eq!(
        world.admin.delete(&own).await.expect(200)["license_status"],
        "suspended"
    );
    world
        .admin
        .get("/api/v1/auth/me")
        .await
        .refused(401, "organization_suspended");
    world
        .api
        .login("acme-admin")
        .await
        .refused(401, "organization_suspended");
    let refresh = json!({"session_id": login["tokens"]["session_id"],
        "refresh_token": login["tokens"]["refresh_token"]});
    let refreshed = world.api.post("/api/v1/auth/refresh", refresh).await;
    refreshed.refused(401, "organization_suspended");
    let check = json!({"user_id": world.admin_id, "organization_id": world.acme,
        "permission": "org.read"});
    let answer = world
        .api
        .service()
        .post("/api/rbac/check", check)
        .await
        .expect(200);
    assert_eq!(answer["allowed"], false);
}

#[tokio::test]
async fn a_list_is_paged_without_loss_while_rows_are_added() {
    let world = World::new(Mode::Embedded).await;
    for n in 0..5 {
        let body = json!({"organization_name": format!("Tenant {n}")});
        world.root.post("/api/v1/orgs", body).await.expect(201);
    }
    let mut ids = Vec::new();
    let mut path = "/api/v1/orgs?limit=2".to_owned();
    loop {
        let page = world.root.get(&path).await;
        let link = page
            .headers
            .get("link")
            .map(|l| l.to_str().unwrap().to_owned());
        let page = page.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        ids.extend(items.iter().map(|o| o["organization_id"].as_i64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(link, None);
            break;
        };
        assert!(link.unwrap().contains("rel=\"next\""));
        path = format!("/api/v1/orgs?limit=2&cursor={cursor}");
        if ids.len() == 2 {
            let late = json!({"organization_name": "Late"});
            world.root.post("/api/v1/orgs", late).await.expect(201);
        }
    }
    assert_eq!(ids.len(), 9, "3 of the start, 5 and the late one: {ids:?}");
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    for bad in [
        "limit=0",
        "limit=501",
        "limit=x",
        "cursor=%21",
        "cursor=AAAA",
    ] {
        let answer = world.root.get(&format!("/api/v1/orgs?{bad}")).await;
        assert_eq!(answer.status, 422, "{bad}: {}", answer.text);
    }
}
