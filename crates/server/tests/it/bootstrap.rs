//! The first users of the platform and of each tenant.

use rstest::rstest;
use serde_json::json;

use crate::support::{Mode, Place, World, bootstrap, person};

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_first_bootstrap_makes_the_superuser_and_later_ones_make_tenants(#[case] mode: Mode) {
    let place = Place::new(mode).await;
    let server = place.start();
    let api = server.api();

    let first = bootstrap(&api, "Wanted", "root").await.expect(201);
    assert_eq!(first["organization_name"], "RootOrg");
    let second = bootstrap(&api, "Wanted", "boss").await.expect(201);
    assert_eq!(second["organization_name"], "Wanted");
    assert_ne!(first["organization_id"], second["organization_id"]);

    let (root, _) = api.signed_in("root").await;
    let me = root.get("/api/v1/auth/me").await.expect(200);
    let permissions = me["permissions"].as_array().unwrap();
    assert_eq!(
        permissions.len(),
        47,
        "a superuser holds the whole catalogue"
    );
    let (boss, _) = api.signed_in("boss").await;
    let me = boss.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me["permissions"].as_array().unwrap().len(), 41);
    assert_eq!(me["role_id"], second["admin_role_id"]);
    assert_eq!(me["role_ids"], json!([second["admin_role_id"]]));
}

#[tokio::test]
async fn a_taken_name_makes_nothing() {
    let world = World::new(Mode::Embedded).await;
    bootstrap(&world.api, "acme", "somebody")
        .await
        .refused(409, "organization_exists");
    bootstrap(&world.api, "Other", "ACME-admin")
        .await
        .refused(409, "username_already_exists");
    let mut body = person("other");
    body["contact_information"]["email"] = json!("Acme-Admin@EXAMPLE.com");
    let body = json!({"organization_name": "Other", "admin_user": body});
    let api = world
        .api
        .with("x-bootstrap-secret", crate::support::BOOTSTRAP);
    let answer = api.post("/api/v1/bootstrap/organization", body).await;
    answer.refused(409, "email_already_exists");

    let orgs = world.root.get("/api/v1/orgs").await.expect(200);
    let names: Vec<_> = orgs["items"].as_array().unwrap().iter().collect();
    assert_eq!(
        names.len(),
        3,
        "Default Organization, RootOrg, Acme: {names:?}"
    );
}

#[tokio::test]
async fn the_secret_is_demanded_before_the_body_is_looked_at() {
    let place = Place::new(Mode::Embedded).await;
    let server = place.start();
    let path = "/api/v1/bootstrap/organization";
    let api = server.api();
    api.post(path, json!({}))
        .await
        .refused(403, "invalid_bootstrap_secret");
    let wrong = api.with("x-bootstrap-secret", "wrong");
    wrong
        .post(path, json!({}))
        .await
        .refused(403, "invalid_bootstrap_secret");
    let right = api.with("x-bootstrap-secret", crate::support::BOOTSTRAP);
    let answer = right.post(path, json!({})).await;
    answer.invalid(&[
        json!(["body", "organization_name"]),
        json!(["body", "admin_user"]),
    ]);
}

#[tokio::test]
async fn of_two_first_bootstraps_at_once_exactly_one_makes_the_superuser() {
    let place = Place::new(Mode::Postgres).await;
    let (one, two) = (place.start(), place.start());
    let (api_one, api_two) = (one.api(), two.api());
    let (first, second) = tokio::join!(
        bootstrap(&api_one, "One", "first"),
        bootstrap(&api_two, "Two", "second"),
    );
    let names = [first.expect(201), second.expect(201)].map(|b| b["organization_name"].clone());
    let roots = names.iter().filter(|name| **name == "RootOrg").count();
    assert_eq!(roots, 1, "{names:?}");
}
