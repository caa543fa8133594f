//! Rank where roles change: what a caller does to a role it does to all who
//! hold it.

use auth_application::rbac::RoleChanges;
use auth_domain::change::Change;
use auth_domain::page::PageRequest;
use auth_domain::rbac::Permission;
use auth_domain::text::RoleDescription;
use auth_domain::users::UserStatus;

use crate::office::{Office, at, at_home, refused, renamed};
use crate::staff::{to_role, to_status};

const CLERK: [Permission; 5] = [
    Permission::OrgRead,
    Permission::RoleUpdate,
    Permission::RoleDelete,
    Permission::RolePermAssign,
    Permission::RolePermRevoke,
];

#[tokio::test]
async fn a_role_of_a_user_who_holds_more_is_neither_changed_nor_deleted() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let clerk = acme.holder("clerk", &CLERK).await;
    let small = acme.role(acme.id, "Small", &[Permission::OrgRead]).await;
    let large = acme.role(acme.id, "Large", &[Permission::OrgDelete]).await;
    acme.user(acme.id, "chief", &[small, large]).await;
    let org_read = office.id_of("org.read").await;
    let before = acme.trace().await;
    let me = at_home(&clerk);
    let described = RoleChanges {
        description: Change::Set(RoleDescription::parse("Reads").unwrap()),
        ..RoleChanges::default()
    };
    refused(
        &roles.update(me, small, &renamed("Mine")).await,
        "forbidden",
    );
    refused(&roles.update(me, small, &described).await, "forbidden");
    refused(&roles.revoke(me, small, org_read).await, "forbidden");
    refused(&roles.delete(me, small).await, "forbidden");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_role_of_users_who_hold_no_more_is_the_callers_to_change() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let clerk = acme.holder("clerk", &CLERK).await;
    let small = acme.role(acme.id, "Small", &[Permission::OrgRead]).await;
    acme.user(acme.id, "peer", &[small]).await;
    let org_read = office.id_of("org.read").await;
    let me = at_home(&clerk);
    roles.update(me, small, &renamed("Mine")).await.unwrap();
    roles.revoke(me, small, org_read).await.unwrap();
    office
        .grant(me, small, Permission::RoleUpdate)
        .await
        .unwrap();
    roles.delete(me, small).await.unwrap();
}

#[tokio::test]
async fn a_manager_of_the_platforms_roles_changes_those_of_a_tenant_whatever_the_rank() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let mut held = CLERK.to_vec();
    held.push(Permission::PlatformRbacManage);
    let official = office.official("official", &held).await;
    let large = acme.role(acme.id, "Large", &[Permission::OrgDelete]).await;
    acme.user(acme.id, "chief", &[large]).await;
    let there = at(&official, acme.id);
    let org_delete = office.id_of("org.delete").await;
    roles.update(there, large, &renamed("Wide")).await.unwrap();
    roles.revoke(there, large, org_delete).await.unwrap();
    roles.delete(there, large).await.unwrap();
}

#[tokio::test]
async fn in_rootorg_rank_holds_for_those_who_manage_the_platforms_roles_too() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let mut held = CLERK.to_vec();
    held.push(Permission::PlatformRbacManage);
    let official = office.official("official", &held).await;
    let large = acme
        .role(acme.root, "Large", &[Permission::OrgDelete])
        .await;
    acme.user(acme.root, "chief", &[large]).await;
    let before = acme.trace().await;
    let me = at_home(&official);
    refused(
        &roles.update(me, large, &renamed("Mine")).await,
        "forbidden",
    );
    refused(&roles.delete(me, large).await, "forbidden");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn the_platforms_role_managers_are_free_of_rank_for_roles_and_not_for_accounts() {
    let office = Office::new().await;
    let acme = &office.acme;
    let held = [
        Permission::UserUpdate,
        Permission::UserDelete,
        Permission::RoleAssign,
        Permission::RoleRevoke,
        Permission::PlatformUsersManage,
        Permission::PlatformRbacManage,
    ];
    let official = office.official("official", &held).await;
    let large = acme.role(acme.id, "Large", &[Permission::OrgDelete]).await;
    let empty = acme.role(acme.id, "Empty", &[]).await;
    let chief = acme.user(acme.id, "chief", &[large]).await;
    let there = Some(acme.id);
    let off = to_status(UserStatus::Inactive);
    let outcome = acme.update_in(&official, there, chief, &off).await;
    refused(&outcome, "forbidden");
    let both = auth_application::users::UserChanges {
        status: Some(UserStatus::Inactive),
        ..to_role(empty)
    };
    let outcome = acme.update_in(&official, there, chief, &both).await;
    refused(&outcome, "forbidden");
    let outcome = acme.deactivate_in(&official, there, chief).await;
    refused(&outcome, "forbidden");
    let outcome = acme
        .update_in(&official, there, chief, &to_role(empty))
        .await;
    assert_eq!(outcome.unwrap().value.role_ids, [empty]);
}

#[tokio::test]
async fn each_verb_on_roles_needs_its_own_permission() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let guest = acme.holder("guest", &[]).await;
    let role = acme.role(acme.id, "Role", &[]).await;
    let org_read = office.id_of("org.read").await;
    let (me, boss) = (at_home(&guest), acme.boss);
    refused(&roles.list(me, &PageRequest::first()).await, "forbidden");
    let draft = crate::office::draft("New");
    refused(&roles.create(me, &draft).await, "forbidden");
    refused(&roles.update(me, role, &renamed("Mine")).await, "forbidden");
    refused(&roles.delete(me, role).await, "forbidden");
    refused(&roles.grant(me, role, org_read).await, "forbidden");
    refused(&roles.revoke(me, role, org_read).await, "forbidden");
    refused(&roles.assign(me, boss, role).await, "forbidden");
    refused(&roles.unassign(me, boss, role).await, "forbidden");
}

#[tokio::test]
async fn the_catalogue_is_shown_with_what_the_platform_added() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let reader = acme.holder("reader", &[Permission::PermRead]).await;
    let before = roles.list_permissions(&reader).await.unwrap();
    assert_eq!(before.len(), 47);
    let added = office.added("doc.read").await;
    let after = roles.list_permissions(&reader).await.unwrap();
    assert_eq!(after.len(), 48);
    assert!(after.iter().any(|entry| entry.id == added));
    let guest = acme.holder("guest", &[]).await;
    refused(&roles.list_permissions(&guest).await, "forbidden");
}

#[tokio::test]
async fn an_overview_shows_roles_with_what_they_grant_and_their_holders() {
    let office = Office::new().await;
    let acme = &office.acme;
    let role = acme.role(acme.id, "Editor", &[Permission::OrgRead]).await;
    let ana = acme.user(acme.id, "ana", &[role]).await;
    let operator = auth_application::access::Operator::console("test");
    let administration = &acme.app.policy_administration;
    let overview = administration.overview(&operator, acme.id).await.unwrap();
    let found = overview.iter().find(|found| found.id == role).unwrap();
    assert_eq!(found.permissions[0].name.as_str(), "org.read");
    assert_eq!(found.users[0].id, ana);
    let nowhere = auth_domain::ids::OrganizationId::new(4_711).unwrap();
    let absent = administration.overview(&operator, nowhere).await;
    refused(&absent, "organization_not_found");
}
