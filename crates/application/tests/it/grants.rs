//! Who may grant what, to whom.

use auth_domain::rbac::{Permission, SystemRole};
use futures::future::join_all;

use crate::office::{Office, at, at_home, draft, refused};

#[tokio::test]
async fn a_grant_decides_and_its_revocation_too() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let boss = office.boss().await;
    let made = roles
        .create(at_home(&boss), &draft("Editor"))
        .await
        .unwrap();
    let role = made.value.role.id;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let org_read = office.id_of("org.read").await;

    roles.grant(at_home(&boss), role, org_read).await.unwrap();
    assert!(!office.may(ana, "org.read").await);
    let given = roles.assign(at_home(&boss), ana, role).await.unwrap();
    assert!(office.may(ana, "org.read").await);
    let again = roles.grant(at_home(&boss), role, org_read).await;
    refused(&again, "role_permission_exists");
    // Held already: nothing changes, and that is no error.
    let before = acme.trace().await;
    assert_eq!(
        roles.assign(at_home(&boss), ana, role).await.unwrap(),
        given
    );
    assert_eq!(acme.trace().await, before);

    roles.revoke(at_home(&boss), role, org_read).await.unwrap();
    assert!(!office.may(ana, "org.read").await);
    let again = roles.revoke(at_home(&boss), role, org_read).await;
    refused(&again, "role_permission_not_found");
    roles.grant(at_home(&boss), role, org_read).await.unwrap();
    roles.unassign(at_home(&boss), ana, role).await.unwrap();
    assert!(!office.may(ana, "org.read").await);
    let again = roles.unassign(at_home(&boss), ana, role).await;
    refused(&again, "role_not_assigned");
}

#[tokio::test]
async fn a_user_holds_any_number_of_roles_and_the_oldest_comes_first() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let boss = office.boss().await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let mut given = Vec::new();
    for name in ["C", "A", "B"] {
        let role = acme.role(acme.id, name, &[]).await;
        roles.assign(at_home(&boss), ana, role).await.unwrap();
        given.push(role);
    }
    assert_eq!(office.held(ana).await, given);
    roles.unassign(at_home(&boss), ana, given[0]).await.unwrap();
    assert_eq!(office.held(ana).await, given[1..]);
}

#[tokio::test]
async fn no_caller_grants_a_permission_that_the_caller_lacks() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let held = [
        Permission::RolePermAssign,
        Permission::RoleAssign,
        Permission::OrgRead,
    ];
    let clerk = acme.holder("clerk", &held).await;
    let small = acme.role(acme.id, "Small", &[Permission::OrgRead]).await;
    let large = acme.role(acme.id, "Large", &[Permission::OrgDelete]).await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let before = acme.trace().await;
    let me = at_home(&clerk);
    refused(
        &office.grant(me, small, Permission::OrgDelete).await,
        "cannot_grant",
    );
    refused(&roles.assign(me, ana, large).await, "cannot_grant");
    refused(
        &roles.assign(me, ana, acme.admin_role).await,
        "cannot_grant",
    );
    assert_eq!(acme.trace().await, before);
    office
        .grant(me, small, Permission::RoleAssign)
        .await
        .unwrap();
    roles.assign(me, ana, small).await.unwrap();
}

#[tokio::test]
async fn permissions_of_the_platform_are_for_rootorg_only() {
    let office = Office::new().await;
    let acme = &office.acme;
    let (boss, root) = (office.boss().await, office.root().await);
    let role = acme.role(acme.id, "Editor", &[]).await;
    let platform = Permission::PlatformUsersManage;
    for acting in [at_home(&boss), at(&root, acme.id)] {
        for role in [role, acme.admin_role] {
            let granted = office.grant(acting, role, platform).await;
            refused(&granted, "cannot_grant");
        }
    }
    let official = acme.role(acme.root, "Official", &[]).await;
    office
        .grant(at_home(&root), official, platform)
        .await
        .unwrap();
}

#[tokio::test]
async fn in_rootorg_the_rule_holds_for_everybody() {
    let office = Office::new().await;
    let held = [
        Permission::PlatformRbacManage,
        Permission::RolePermAssign,
        Permission::RoleAssign,
    ];
    let official = office.official("rbac", &held).await;
    let role = office.acme.role(office.acme.root, "Other", &[]).await;
    let granted = office
        .grant(at_home(&official), role, Permission::PlatformUsersManage)
        .await;
    refused(&granted, "cannot_grant");
    let granted = office
        .grant(at_home(&official), role, Permission::OrgRead)
        .await;
    refused(&granted, "cannot_grant");
}

#[tokio::test]
async fn a_manager_of_the_platforms_roles_grants_anything_of_a_tenant() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let held = [
        Permission::PlatformRbacManage,
        Permission::RolePermAssign,
        Permission::RoleAssign,
        Permission::RoleRevoke,
    ];
    let official = office.official("rbac", &held).await;
    let role = acme.role(acme.id, "Editor", &[]).await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let there = at(&official, acme.id);
    office
        .grant(there, role, Permission::OrgDelete)
        .await
        .unwrap();
    roles.assign(there, ana, role).await.unwrap();
    assert!(office.may(ana, "org.delete").await);
    // Free of rank too as far as roles go: ana holds more than the official.
    roles.unassign(there, ana, role).await.unwrap();
    assert!(!office.may(ana, "org.delete").await);
}

#[tokio::test]
async fn no_caller_changes_the_own_roles_or_a_role_held() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let all: Vec<Permission> = Permission::ALL[..41].to_vec();
    let deputy = acme.holder("deputy", &all).await;
    let own = office.held(deputy.user_id()).await[0];
    let other = acme.role(acme.id, "Other", &[]).await;
    let before = acme.trace().await;
    let me = at_home(&deputy);
    refused(
        &roles.assign(me, deputy.user_id(), other).await,
        "forbidden",
    );
    refused(&roles.assign(me, deputy.user_id(), own).await, "forbidden");
    refused(
        &roles.unassign(me, deputy.user_id(), own).await,
        "forbidden",
    );
    let change = crate::office::renamed("Mine");
    refused(&roles.update(me, own, &change).await, "forbidden");
    refused(&roles.delete(me, own).await, "forbidden");
    refused(
        &office.grant(me, own, Permission::OrgRead).await,
        "forbidden",
    );
    let org_read = office.id_of("org.read").await;
    refused(&roles.revoke(me, own, org_read).await, "forbidden");
    assert_eq!(acme.trace().await, before);
    roles.update(me, other, &change).await.unwrap();
}

#[tokio::test]
async fn no_caller_changes_the_roles_of_a_user_with_more_rights() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let held = [
        Permission::RoleAssign,
        Permission::RoleRevoke,
        Permission::RoleDelete,
    ];
    let clerk = acme.holder("clerk", &held).await;
    let empty = acme.role(acme.id, "Empty", &[]).await;
    let small = acme.role(acme.id, "Small", &[Permission::RoleAssign]).await;
    let large = acme.role(acme.id, "Large", &[Permission::OrgDelete]).await;
    let chief = acme.user(acme.id, "chief", &[small, large]).await;
    let peer = acme.user(acme.id, "peer", &[empty]).await;
    let before = acme.trace().await;
    let me = at_home(&clerk);
    refused(&roles.assign(me, chief, empty).await, "forbidden");
    refused(&roles.unassign(me, chief, small).await, "forbidden");
    refused(
        &roles.unassign(me, acme.boss, acme.admin_role).await,
        "forbidden",
    );
    // To delete a role is to take it from whoever holds it.
    refused(&roles.delete(me, small).await, "forbidden");
    assert_eq!(acme.trace().await, before);
    roles.assign(me, peer, small).await.unwrap();
    roles.delete(me, empty).await.unwrap();
    assert_eq!(office.held(peer).await, [small]);
}

#[tokio::test]
async fn a_deleted_role_is_gone_from_those_who_held_it() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let boss = office.boss().await;
    let kept = acme.role(acme.id, "Kept", &[Permission::OrgRead]).await;
    let gone = acme.role(acme.id, "Gone", &[Permission::OrgUpdate]).await;
    let ana = acme.user(acme.id, "ana", &[gone, kept]).await;
    assert!(office.may(ana, "org.update").await);
    roles.delete(at_home(&boss), gone).await.unwrap();
    assert_eq!(office.held(ana).await, [kept]);
    assert!(!office.may(ana, "org.update").await);
    assert!(office.may(ana, "org.read").await);
    let [audit, _] = office.last_words().await;
    assert!(
        audit.contains(r#""holders":1,"permissions":["org.update"]"#),
        "{audit}"
    );
}

#[tokio::test]
async fn the_last_active_admin_keeps_the_role() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let (root, admin) = (office.root().await, acme.admin_role);
    let there = at(&root, acme.id);
    refused(&roles.unassign(there, acme.boss, admin).await, "last_admin");
    let second = acme.user(acme.id, "second", &[admin]).await;
    acme.switch_off(acme.id, second).await;
    refused(&roles.unassign(there, acme.boss, admin).await, "last_admin");
    // Who is deactivated is not the one that counts.
    roles.unassign(there, second, admin).await.unwrap();
    let third = acme.user(acme.id, "third", &[admin]).await;
    let other = acme.role(acme.id, "Other", &[]).await;
    roles.assign(there, acme.boss, other).await.unwrap();
    roles.unassign(there, acme.boss, other).await.unwrap();
    roles.unassign(there, acme.boss, admin).await.unwrap();
    refused(&roles.unassign(there, third, admin).await, "last_admin");
    let superuser = office.official("chief", Permission::ALL).await;
    let top = acme.system_role(acme.root, SystemRole::SuperAdmin).await;
    let taken = roles.unassign(at_home(&superuser), root.user_id(), top);
    refused(&taken.await, "last_admin");
}

#[tokio::test]
async fn of_two_who_remove_the_last_two_admins_one_wins() {
    for _ in 0..5 {
        let office = Office::new().await;
        let (acme, roles) = (&office.acme, &office.roles);
        let (root, admin) = (office.root().await, acme.admin_role);
        let second = acme.user(acme.id, "second", &[admin]).await;
        let remove = |user| roles.unassign(at(&root, acme.id), user, admin);
        let outcomes = join_all([remove(acme.boss), remove(second)]).await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        refused(&lost[0], "last_admin");
    }
}

#[tokio::test]
async fn of_two_admins_who_remove_each_other_one_wins() {
    for _ in 0..5 {
        let office = Office::new().await;
        let (acme, roles) = (&office.acme, &office.roles);
        let admin = acme.admin_role;
        acme.user(acme.id, "second", &[admin]).await;
        let (one, two) = (office.boss().await, acme.caller("second").await);
        let (first, second) = tokio::join!(
            roles.unassign(at_home(&one), two.user_id(), admin),
            roles.unassign(at_home(&two), one.user_id(), admin),
        );
        assert_ne!(first.is_ok(), second.is_ok());
        let lost = if first.is_ok() { second } else { first };
        // The loser is no admin any more: the winner holds more.
        refused(&lost, "forbidden");
    }
}

#[tokio::test]
async fn only_the_platform_adds_permissions() {
    let office = Office::new().await;
    let roles = &office.roles;
    let boss = office.boss().await;
    let held = [Permission::PermCreate, Permission::PlatformUsersManage];
    let official = office.official("users", &held).await;
    let before = office.acme.trace().await;
    for caller in [&boss, &official] {
        let made = roles.create_permission(caller, "doc.read").await;
        refused(&made, "forbidden");
    }
    assert_eq!(office.acme.trace().await, before);
    office.added("doc.read").await;
    let root = office.root().await;
    for name in ["doc.read", "org.read"] {
        let again = roles.create_permission(&root, name).await;
        refused(&again, "permission_name_exists");
    }
}

#[tokio::test]
async fn an_added_permission_is_granted_and_decides_like_the_others() {
    let office = Office::new().await;
    let (acme, roles) = (&office.acme, &office.roles);
    let (boss, root) = (office.boss().await, office.root().await);
    let added = office.added("doc.read").await;
    let role = acme.role(acme.id, "Reader", &[]).await;
    let ana = acme.user(acme.id, "ana", &[role]).await;
    let granted = roles.grant(at_home(&boss), role, added).await;
    refused(&granted, "cannot_grant");
    roles.grant(at(&root, acme.id), role, added).await.unwrap();
    assert!(office.may(ana, "doc.read").await);
    assert!(!office.may(acme.boss, "doc.read").await);
    // The superuser has it, so that rank does not lock the platform out.
    roles.unassign(at(&root, acme.id), ana, role).await.unwrap();
    assert!(!office.may(ana, "doc.read").await);
    let own = acme.role(acme.root, "Reader", &[]).await;
    roles.grant(at_home(&root), own, added).await.unwrap();
    let nothing = auth_domain::ids::PermissionId::new(4_711).unwrap();
    let granted = roles.grant(at_home(&root), own, nothing).await;
    refused(&granted, "permission_not_found");
}
