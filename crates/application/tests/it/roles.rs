//! Roles: names, system roles, and what a change leaves behind.

use auth_application::rbac::{RoleChanges, RoleDraft};
use auth_domain::change::Change;
use auth_domain::page::PageRequest;
use auth_domain::rbac::{Permission, SystemRole};
use auth_domain::text::RoleDescription;

use crate::office::{Office, at, at_home, draft, refused, renamed};

#[tokio::test]
async fn a_role_is_made_shown_changed_and_deleted() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let boss = office.boss().await;
    let made = roles
        .create(at_home(&boss), &draft("Editor"))
        .await
        .unwrap();
    let id = made.value.role.id;
    assert_eq!(office.stored(acme.id, id).await, Some(made.value.clone()));
    let listed = roles.list(at_home(&boss), &PageRequest::first()).await;
    assert_eq!(listed.unwrap().items.len(), 3, "admin, member and this one");

    let changes = RoleChanges {
        description: Change::Set(RoleDescription::parse("Writes").unwrap()),
        ..renamed("Writer")
    };
    let changed = roles.update(at_home(&boss), id, &changes).await.unwrap();
    assert_eq!(changed.value.role.name.as_str(), "Writer");
    assert_eq!(changed.revision.get(), made.revision.get() + 1);
    assert_eq!(office.stored(acme.id, id).await, Some(changed.value));

    let gone = roles.delete(at_home(&boss), id).await.unwrap();
    assert_eq!(gone.get(), made.revision.get() + 2);
    assert_eq!(office.stored(acme.id, id).await, None);
    refused(&roles.delete(at_home(&boss), id).await, "role_not_found");
}

#[tokio::test]
async fn a_role_name_is_unique_in_its_organization_only() {
    let office = Office::new().await;
    let roles = &office.roles;
    let (boss, root) = (office.boss().await, office.root().await);
    roles
        .create(at_home(&boss), &draft("Editor"))
        .await
        .unwrap();
    roles
        .create(at_home(&root), &draft("Editor"))
        .await
        .unwrap();
    let again = roles.create(at_home(&boss), &draft("EDITOR")).await;
    refused(&again, "role_name_exists");
    let other = roles
        .create(at_home(&boss), &draft("Writer"))
        .await
        .unwrap();
    let id = other.value.role.id;
    let taken = roles.update(at_home(&boss), id, &renamed("editor")).await;
    refused(&taken, "role_name_exists");
    let own = roles.update(at_home(&boss), id, &renamed("WRITER")).await;
    assert_eq!(own.unwrap().value.role.name.as_str(), "WRITER");
}

#[tokio::test]
async fn the_names_of_system_roles_are_reserved() {
    let office = Office::new().await;
    let boss = office.boss().await;
    let made = office.roles.create(at_home(&boss), &draft("Editor")).await;
    let id = made.unwrap().value.role.id;
    for name in ["super_admin", "Member", "org_1_admin", "ORG_99_ADMIN"] {
        let made = office.roles.create(at_home(&boss), &draft(name)).await;
        refused(&made, "role_name_exists");
        let changed = office
            .roles
            .update(at_home(&boss), id, &renamed(name))
            .await;
        refused(&changed, "role_name_exists");
    }
}

#[tokio::test]
async fn system_roles_stay_as_they_are_whoever_asks() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let (boss, root) = (office.boss().await, office.root().await);
    let top = acme.system_role(acme.root, SystemRole::SuperAdmin).await;
    let (admin, member) = (acme.admin_role, acme.member_role().await);
    let held = office.id_of("feedback.create").await;
    let lacked = office.id_of("org.read").await;
    let before = acme.trace().await;
    for (acting, role) in [
        (at_home(&boss), admin),
        (at_home(&boss), member),
        (at(&root, acme.id), admin),
        (at_home(&root), top),
    ] {
        refused(
            &roles.update(acting, role, &renamed("Mine")).await,
            "system_role",
        );
        refused(&roles.delete(acting, role).await, "system_role");
        refused(&roles.grant(acting, role, lacked).await, "system_role");
        refused(&roles.revoke(acting, role, held).await, "system_role");
    }
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_description_can_be_cleared() {
    let office = Office::new().await;
    let boss = office.boss().await;
    let new = RoleDraft {
        description: Some(RoleDescription::parse("Writes\nand reads").unwrap()),
        ..draft("Editor")
    };
    let made = office.roles.create(at_home(&boss), &new).await.unwrap();
    let cleared = RoleChanges {
        description: Change::Clear,
        ..RoleChanges::default()
    };
    let id = made.value.role.id;
    let changed = office.roles.update(at_home(&boss), id, &cleared).await;
    assert_eq!(changed.unwrap().value.role.description, None);
}

#[tokio::test]
async fn a_change_that_changes_nothing_leaves_nothing() {
    let office = Office::new().await;
    let boss = office.boss().await;
    let new = RoleDraft {
        description: Some(RoleDescription::parse("Writes").unwrap()),
        ..draft("Editor")
    };
    let made = office.roles.create(at_home(&boss), &new).await.unwrap();
    let before = office.acme.trace().await;
    let same = RoleChanges {
        name: Some(new.name),
        description: Change::Set(new.description.unwrap()),
    };
    for changes in [RoleChanges::default(), same] {
        let id = made.value.role.id;
        let kept = office.roles.update(at_home(&boss), id, &changes).await;
        assert_eq!(kept.unwrap(), made);
    }
    assert_eq!(office.acme.trace().await, before);
}

#[tokio::test]
async fn every_change_is_audited_and_told() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let (boss, root) = (office.boss().await, office.root().await);
    let by = boss.user_id();
    let made = roles
        .create(at_home(&boss), &draft("Editor"))
        .await
        .unwrap();
    let id = made.value.role.id;
    let [audit, event] = office.last_words().await;
    let new = r#"{"role_description":null,"role_name":"Editor"}"#;
    assert_eq!(
        audit,
        format!("role.created|roles|{id}|{by}|own|NULL|{new}")
    );
    assert_eq!(event, format!("audit.events|role.created|role|{id}|{by}"));

    roles
        .update(at_home(&boss), id, &renamed("Writer"))
        .await
        .unwrap();
    let [audit, event] = office.last_words().await;
    let after = new.replace("Editor", "Writer");
    assert_eq!(
        audit,
        format!("role.updated|roles|{id}|{by}|own|{new}|{after}")
    );
    assert_eq!(event, format!("audit.events|role.updated|role|{id}|{by}"));

    office
        .grant(at_home(&boss), id, Permission::OrgRead)
        .await
        .unwrap();
    let [audit, event] = office.last_words().await;
    let (none, some) = (r#"{"permissions":[]}"#, r#"{"permissions":["org.read"]}"#);
    let action = "role.permission_granted";
    assert_eq!(audit, format!("{action}|roles|{id}|{by}|own|{none}|{some}"));
    assert_eq!(event, format!("audit.events|{action}|role|{id}|{by}"));

    let ana = acme.user(acme.id, "ana", &[]).await;
    roles.assign(at_home(&boss), ana, id).await.unwrap();
    let [audit, event] = office.last_words().await;
    let given = format!(r#"{{"role_ids":[]}}|{{"role_ids":[{id}]}}"#);
    assert_eq!(
        audit,
        format!("user.role_assigned|users|{ana}|{by}|own|{given}")
    );
    assert_eq!(
        event,
        format!("audit.events|user.role_assigned|user|{ana}|{by}")
    );

    roles.unassign(at_home(&boss), ana, id).await.unwrap();
    let [audit, event] = office.last_words().await;
    let taken = format!(r#"{{"role_ids":[{id}]}}|{{"role_ids":[]}}"#);
    assert_eq!(
        audit,
        format!("user.role_revoked|users|{ana}|{by}|own|{taken}")
    );
    assert_eq!(
        event,
        format!("audit.events|user.role_revoked|user|{ana}|{by}")
    );

    let org_read = office.id_of("org.read").await;
    roles
        .revoke(at(&root, acme.id), id, org_read)
        .await
        .unwrap();
    let [audit, event] = office.last_words().await;
    let (action, root_id) = ("role.permission_revoked", root.user_id());
    assert_eq!(
        audit,
        format!("{action}|roles|{id}|{root_id}|crossed|{some}|{none}")
    );
    assert_eq!(event, format!("audit.events|{action}|role|{id}|{root_id}"));

    roles.delete(at_home(&boss), id).await.unwrap();
    let [audit, event] = office.last_words().await;
    let gone = r#"{"holders":0,"permissions":[],"role_description":null,"role_name":"Writer"}"#;
    assert_eq!(
        audit,
        format!("role.deleted|roles|{id}|{by}|own|{gone}|NULL")
    );
    assert_eq!(event, format!("audit.events|role.deleted|role|{id}|{by}"));

    let added = office.added("doc.read").await;
    let [audit, event] = office.last_words().await;
    let new = r#"{"permission_description":null,"permission_name":"doc.read"}"#;
    let action = "permission.created";
    assert_eq!(
        audit,
        format!("{action}|permissions|{added}|{root_id}|own|NULL|{new}")
    );
    assert_eq!(
        event,
        format!("audit.events|{action}|permission|{added}|{root_id}")
    );
}

#[tokio::test]
async fn the_platform_reaches_other_organizations_by_naming_them() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let (boss, root) = (office.boss().await, office.root().await);
    let made = roles
        .create(at(&root, acme.id), &draft("Editor"))
        .await
        .unwrap();
    assert_eq!(made.value.role.organization_id, acme.id);
    let id = made.value.role.id;
    // Unnamed, the row is as if absent; named, it is there.
    refused(&roles.delete(at_home(&root), id).await, "role_not_found");
    roles
        .update(at(&root, acme.id), id, &renamed("Writer"))
        .await
        .unwrap();
    let first = PageRequest::first();
    let seen = roles.list(at(&root, acme.id), &first).await;
    assert_eq!(seen.unwrap().items.len(), 3);

    let nowhere = auth_domain::ids::OrganizationId::new(4_711).unwrap();
    refused(
        &roles.list(at(&root, nowhere), &first).await,
        "organization_not_found",
    );
    refused(
        &roles.create(at(&root, nowhere), &draft("Editor")).await,
        "organization_not_found",
    );
    for elsewhere in [acme.root, nowhere] {
        let made = roles.create(at(&boss, elsewhere), &draft("Editor")).await;
        refused(&made, "organization_not_found");
        let seen = roles.list(at(&boss, elsewhere), &first).await;
        refused(&seen, "organization_not_found");
    }
    let official = office
        .official(
            "users",
            &[Permission::PlatformUsersManage, Permission::RoleCreate],
        )
        .await;
    let made = roles.create(at(&official, acme.id), &draft("Mine")).await;
    refused(&made, "organization_not_found");
}

#[tokio::test]
async fn rows_of_another_organization_are_as_if_absent() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let boss = office.boss().await;
    let foreign_role = acme.role(acme.root, "Editor", &[Permission::OrgRead]).await;
    let foreign_user = acme.user(acme.root, "eve", &[foreign_role]).await;
    let own_role = acme.role(acme.id, "Editor", &[Permission::OrgRead]).await;
    let own_user = acme.user(acme.id, "ana", &[]).await;
    let org_read = office.id_of("org.read").await;
    let before = acme.trace().await;
    let me = at_home(&boss);
    refused(
        &roles.update(me, foreign_role, &renamed("Mine")).await,
        "role_not_found",
    );
    refused(&roles.delete(me, foreign_role).await, "role_not_found");
    refused(
        &roles.grant(me, foreign_role, org_read).await,
        "role_not_found",
    );
    refused(
        &roles.revoke(me, foreign_role, org_read).await,
        "role_not_found",
    );
    refused(
        &roles.assign(me, own_user, foreign_role).await,
        "role_not_found",
    );
    refused(
        &roles.assign(me, foreign_user, own_role).await,
        "user_not_found",
    );
    refused(
        &roles.unassign(me, foreign_user, foreign_role).await,
        "user_not_found",
    );
    refused(
        &roles.unassign(me, own_user, foreign_role).await,
        "role_not_assigned",
    );
    assert_eq!(acme.trace().await, before);
}
