//! Nobody grants what they do not hold, touches who holds more, or changes
//! their own rights.

use auth_application::users::{ContactChanges, UserChanges};
use auth_domain::change::Change;
use auth_domain::rbac::Permission;
use auth_domain::text::{PersonName, Place};
use auth_domain::users::UserStatus;

use crate::acme::{Acme, refused};
use crate::staff::{to_email, to_role, to_status};

const MANAGER: [Permission; 5] = [
    Permission::UserRead,
    Permission::UserUpdate,
    Permission::UserDelete,
    Permission::RoleAssign,
    Permission::RoleRevoke,
];

#[tokio::test]
async fn a_user_manager_does_not_touch_a_user_with_more_rights() {
    let acme = Acme::new().await;
    let manager = acme.holder("manager", &MANAGER).await;
    let empty = acme.role(acme.id, "Empty", &[]).await;
    // The second is inactive, and still holds what it would come back with.
    let ana = acme.user(acme.id, "ana", &[acme.admin_role]).await;
    let boss = acme.caller("boss").await;
    acme.deactivate(&boss, ana).await.unwrap();
    let before = acme.trace().await;
    for (id, status) in [(acme.boss, UserStatus::Inactive), (ana, UserStatus::Active)] {
        for changes in [to_status(status), to_role(empty)] {
            refused(&acme.update(&manager, id, &changes).await, "forbidden");
        }
        let email = to_email("mine@example.com");
        refused(
            &acme.update_contact(&manager, id, &email).await,
            "forbidden",
        );
    }
    refused(&acme.deactivate(&manager, acme.boss).await, "forbidden");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn names_and_places_are_no_matter_of_rank() {
    let acme = Acme::new().await;
    let manager = acme.holder("manager", &MANAGER).await;
    let changes = UserChanges {
        last_name: Change::Set(PersonName::parse("Lima").unwrap()),
        ..UserChanges::default()
    };
    acme.update(&manager, acme.boss, &changes).await.unwrap();
    let changes = ContactChanges {
        city: Change::Set(Place::parse("Wien").unwrap()),
        ..ContactChanges::default()
    };
    let contact = acme.update_contact(&manager, acme.boss, &changes).await;
    contact.unwrap();
}

#[tokio::test]
async fn the_platform_does_not_touch_a_user_with_more_rights_either() {
    let acme = Acme::new().await;
    let mut permissions = MANAGER.to_vec();
    permissions.push(Permission::PlatformUsersManage);
    let support = acme.official("support", &permissions).await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let there = Some(acme.id);
    let deactivate = acme.deactivate_in(&support, there, acme.boss).await;
    refused(&deactivate, "forbidden");
    let gone = acme.deactivate_in(&support, there, ana).await.unwrap();
    assert_eq!(gone.value.user.status, UserStatus::Inactive);
    let crossed = acme
        .look(
            "SELECT CAST(organization_id AS text), CAST(actor_organization_id AS text) \
             FROM audit_logs ORDER BY log_id DESC LIMIT 1",
        )
        .await;
    assert_eq!(crossed, [format!("{}|{}", acme.id, acme.root)]);
}

#[tokio::test]
async fn no_caller_grants_a_permission_that_the_caller_lacks() {
    let acme = Acme::new().await;
    let manager = acme.holder("manager", &MANAGER).await;
    let reader = acme.role(acme.id, "Reader", &[Permission::UserRead]).await;
    let alerts = [Permission::UserRead, Permission::SecurityAlertRead];
    let alerts = acme.role(acme.id, "Alerts", &alerts).await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let refusal = acme.update(&manager, ana, &to_role(alerts)).await;
    refused(&refusal, "cannot_grant");
    let refusal = acme.update(&manager, ana, &to_role(acme.admin_role)).await;
    refused(&refusal, "cannot_grant");
    acme.update(&manager, ana, &to_role(reader)).await.unwrap();
}

#[tokio::test]
async fn no_caller_changes_the_own_roles_or_status() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let empty = acme.role(acme.id, "Empty", &[]).await;
    acme.user(acme.id, "ana", &[acme.admin_role]).await;
    let clear = UserChanges {
        role: Change::Clear,
        ..UserChanges::default()
    };
    let before = acme.trace().await;
    for changes in [to_status(UserStatus::Inactive), to_role(empty), clear] {
        refused(&acme.update(&boss, acme.boss, &changes).await, "forbidden");
    }
    refused(&acme.deactivate(&boss, acme.boss).await, "forbidden");
    assert_eq!(acme.trace().await, before);
    // The own name and address one may change.
    let email = to_email("new@example.com");
    let contact = acme.update_contact(&boss, acme.boss, &email).await;
    contact.unwrap();
}
