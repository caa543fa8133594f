//! Attacks on roles: over the border of tenants, upwards, and at once.

use rstest::rstest;
use serde_json::json;

use crate::roles::{
    PERMISSIONS, ROLES, admin_role, assign, grant, permission, role, role_with, unassign, user_with,
};
use crate::support::{Mode, World};

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn rows_of_another_tenant_are_as_if_absent(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let (other, eve) = world.tenant("Other").await;
    let theirs = role_with(&world, "Editor", &["org.read"]).await;
    let (user, _) = user_with(&world, "ana", theirs).await;
    let own = role(&eve, "Own").await;
    let (_, login) = world.api.signed_in("other-admin").await;
    let eve_id = login["user"]["user_id"].as_i64().unwrap();
    let read = permission(&world, "org.read").await;
    let before = world.admin.get(ROLES).await.expect(200);
    for (role, user) in [(theirs, user), (999_999, 999_999)] {
        let path = format!("{ROLES}/{role}");
        let renamed = eve.patch(&path, json!({"role_name": "Mine"})).await;
        renamed.refused(404, "role_not_found");
        eve.delete(&path).await.refused(404, "role_not_found");
        grant(&world, &eve, role, "org.read")
            .await
            .refused(404, "role_not_found");
        let revoked = eve.delete(&format!("{path}/permissions/{read}")).await;
        revoked.refused(404, "role_not_found");
        assign(&eve, user, own).await.refused(404, "user_not_found");
        assign(&eve, user, role)
            .await
            .refused(404, "user_not_found");
        assign(&eve, eve_id, role)
            .await
            .refused(404, "role_not_found");
        unassign(&eve, user, role)
            .await
            .refused(404, "user_not_found");
        unassign(&eve, eve_id, role)
            .await
            .refused(409, "role_not_assigned");
    }
    for foreign in [world.acme, 999_999] {
        let named = format!("{ROLES}?organization_id={foreign}");
        eve.get(&named).await.refused(404, "organization_not_found");
        let made = eve.post(&named, json!({"role_name": "Mine"})).await;
        made.refused(404, "organization_not_found");
        let path = format!("{ROLES}/{theirs}?organization_id={foreign}");
        eve.delete(&path)
            .await
            .refused(404, "organization_not_found");
    }
    assert_eq!(world.admin.get(ROLES).await.expect(200), before);
    // One's own organization may be named.
    let named = format!("{ROLES}?organization_id={other}");
    eve.get(&named).await.expect(200);
    let crossed = format!("{ROLES}?organization_id={}", world.acme);
    assert_eq!(world.root.get(&crossed).await.expect(200), before);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn no_user_gains_rights_through_roles(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let rights = [
        "role.read",
        "role.create",
        "role.update",
        "role.delete",
        "role.assign",
        "role.revoke",
        "role.perm.assign",
        "role.perm.revoke",
        "perm.create",
    ];
    let clerk_role = role_with(&world, "Clerk", &rights).await;
    let (clerk_id, clerk) = user_with(&world, "clerk", clerk_role).await;
    let helper = role(&clerk, "Helper").await;
    let large = role_with(&world, "Large", &["org.delete"]).await;
    let (chief, _) = user_with(&world, "chief", large).await;
    let (peer, _) = user_with(&world, "peer", helper).await;
    let admin = admin_role(&world).await;
    let before = world.admin.get(ROLES).await.expect(200);
    let effective = format!("/api/v1/rbac/effective/{clerk_id}");
    let rights_before = world.admin.get(&effective).await.expect(200);

    // What one lacks, to a role or to a user.
    let lacked = grant(&world, &clerk, helper, "org.delete").await;
    lacked.refused(403, "cannot_grant");
    assign(&clerk, peer, large)
        .await
        .refused(403, "cannot_grant");
    assign(&clerk, peer, admin)
        .await
        .refused(403, "cannot_grant");
    // One's own roles, and the role that one holds.
    for role in [helper, large, admin, clerk_role] {
        assign(&clerk, clerk_id, role)
            .await
            .refused(403, "forbidden");
    }
    unassign(&clerk, clerk_id, clerk_role)
        .await
        .refused(403, "forbidden");
    let own = format!("{ROLES}/{clerk_role}");
    let renamed = clerk.patch(&own, json!({"role_name": "Chief"})).await;
    renamed.refused(403, "forbidden");
    clerk.delete(&own).await.refused(403, "forbidden");
    let held = grant(&world, &clerk, clerk_role, "org.delete").await;
    held.refused(403, "forbidden");
    // Users that hold more.
    assign(&clerk, chief, helper)
        .await
        .refused(403, "forbidden");
    unassign(&clerk, chief, large)
        .await
        .refused(403, "forbidden");
    unassign(&clerk, world.admin_id, admin)
        .await
        .refused(403, "forbidden");
    let larger = clerk.delete(&format!("{ROLES}/{large}")).await;
    larger.refused(403, "forbidden");
    // The platform's.
    for by in [&clerk, &world.admin] {
        let made = json!({"permission_name": "platform.mine"});
        by.post(PERMISSIONS, made).await.refused(403, "forbidden");
        for role in [helper, admin] {
            let granted = grant(&world, by, role, "platform.rbac.manage").await;
            granted.refused(403, "cannot_grant");
        }
    }
    let crossed = format!(
        "{ROLES}/{helper}/permissions?organization_id={}",
        world.acme
    );
    let platform = permission(&world, "platform.audit.view").await;
    let granted = world
        .root
        .post(&crossed, json!({"permission_id": platform}));
    granted.await.refused(403, "cannot_grant");

    assert_eq!(world.admin.get(ROLES).await.expect(200), before);
    assert_eq!(world.admin.get(&effective).await.expect(200), rights_before);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn of_two_who_remove_the_last_two_admins_one_wins(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let admin = admin_role(&world).await;
    let (second, _) = user_with(&world, "second", admin).await;
    let remove = async |user: i64| {
        let path = format!(
            "/api/v1/rbac/users/{user}/roles/{admin}?organization_id={}",
            world.acme
        );
        world.root.delete(&path).await
    };
    let (one, two) = tokio::join!(remove(world.admin_id), remove(second));
    let (won, lost) = if one.status == 204 {
        (one, two)
    } else {
        (two, one)
    };
    won.expect(204);
    lost.refused(409, "last_admin");
}

#[tokio::test]
async fn many_who_make_one_role_at_once_make_one() {
    for mode in [Mode::Embedded, Mode::Postgres] {
        let world = World::new(mode).await;
        let make = || world.admin.post(ROLES, json!({"role_name": "Editor"}));
        let answers = futures::future::join_all((0..8).map(|_| make())).await;
        let made = answers.iter().filter(|answer| answer.status == 201);
        assert_eq!(made.count(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.refused(409, "role_name_exists");
        }
    }
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn decisions_about_names_with_separators_are_never_mixed_up(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let names = [
        "doc.read",
        "doc:read",
        "doc.read, org:1",
        "role:1",
        "user:2|org.read",
        "p, role:1, x",
        "*",
        "Doc.Read",
    ];
    for name in names {
        let made = world
            .root
            .post(PERMISSIONS, json!({"permission_name": name}));
        made.await.expect(201);
    }
    let role = role(&world.admin, "Odd").await;
    let (user, _) = user_with(&world, "ana", role).await;
    for name in names {
        let id = permission(&world, name).await;
        let path = format!("{ROLES}/{role}/permissions?organization_id={}", world.acme);
        let granted = world.root.post(&path, json!({"permission_id": id})).await;
        granted.expect(204);
        let checks: Vec<_> = names
            .iter()
            .flat_map(|name| {
                [user, world.admin_id].map(|id| json!({"user_id": id, "permission": name}))
            })
            .collect();
        let batch = json!({"organization_id": world.acme, "checks": checks});
        let service = world.api.service();
        let answer = service
            .post("/api/rbac/check/batch", batch)
            .await
            .expect(200);
        let allowed = answer["results"].as_array().unwrap().iter();
        let allowed: Vec<bool> = allowed.map(|r| r["allowed"].as_bool().unwrap()).collect();
        let expected: Vec<bool> = names
            .iter()
            .flat_map(|other| [other == &name, false])
            .collect();
        assert_eq!(allowed, expected, "{name}");
        let path = format!(
            "{ROLES}/{role}/permissions/{id}?organization_id={}",
            world.acme
        );
        world.root.delete(&path).await.expect(204);
    }
}
