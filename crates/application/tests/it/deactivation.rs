//! Users who are deactivated and brought back.

use auth_domain::rbac::{Permission, PolicyEngine as _};
use auth_domain::users::UserStatus;

use crate::acme::{Acme, refused};
use crate::staff::{to_role, to_status};

const TOKENS: &str = "SELECT purpose FROM one_time_tokens";
const ARCHIVE: &str = "SELECT user_id FROM archived_users";

#[tokio::test]
async fn a_deactivated_user_loses_sessions_and_tokens_and_is_archived_once() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let role = acme.role(acme.id, "Reader", &[Permission::UserRead]).await;
    let ana = acme.user(acme.id, "ana", &[role]).await;
    acme.signs_in(ana).await;
    let first = acme.deactivate(&boss, ana).await.unwrap();
    let trace = acme.trace().await;
    let again = acme.deactivate(&boss, ana).await.unwrap();
    assert_eq!(acme.trace().await, trace, "twice is once");
    assert_eq!(first, again);
    assert_eq!(first.value.user.status, UserStatus::Inactive);
    assert_eq!(first.value.role_ids, [role], "nothing is removed");
    assert_eq!(acme.endings(ana).await, ["deactivation"]);
    assert_eq!(acme.look(TOKENS).await, [""; 0]);
    assert_eq!(acme.look(ARCHIVE).await, [ana.to_string()]);
    let told = ["auth.sessions_revoked", "user.deactivated"];
    assert_eq!(acme.events(ana).await, told);
    let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
    assert!(!policy.check(ana, "user.read"));
}

#[tokio::test]
async fn a_user_brought_back_signs_in_anew_and_leaves_the_archive() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let role = acme.role(acme.id, "Reader", &[Permission::UserRead]).await;
    let ana = acme.user(acme.id, "ana", &[role]).await;
    acme.signs_in(ana).await;
    let gone = to_status(UserStatus::Inactive);
    acme.update(&boss, ana, &gone).await.unwrap();
    let back = to_status(UserStatus::Active);
    let back = acme.update(&boss, ana, &back).await.unwrap();
    assert_eq!(back.value.user.status, UserStatus::Active);
    assert_eq!(acme.endings(ana).await, ["deactivation"]);
    assert_eq!(acme.look(ARCHIVE).await, [""; 0]);
    let told = [
        "auth.sessions_revoked",
        "user.updated",
        "user.deactivated",
        "user.updated",
    ];
    assert_eq!(acme.events(ana).await, told);
    let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
    assert!(policy.check(ana, "user.read"));
}

#[tokio::test]
async fn the_last_active_admin_is_neither_deactivated_nor_stripped() {
    let acme = Acme::new().await;
    // Holds all that an admin does, through a role of another name.
    let all: Vec<Permission> = auth_domain::rbac::SystemRole::OrganizationAdmin
        .permissions()
        .collect();
    let deputy = acme.holder("deputy", &all).await;
    let reader = acme.role(acme.id, "Reader", &[]).await;
    let ana = acme.user(acme.id, "ana", &[acme.admin_role]).await;
    let boss = acme.caller("boss").await;
    acme.deactivate(&boss, ana).await.unwrap();
    // Ana holds the role too, and does not count.
    let before = acme.trace().await;
    refused(&acme.deactivate(&deputy, acme.boss).await, "last_admin");
    let strip = acme.update(&deputy, acme.boss, &to_role(reader)).await;
    refused(&strip, "last_admin");
    let gone = to_status(UserStatus::Inactive);
    refused(&acme.update(&deputy, acme.boss, &gone).await, "last_admin");
    assert_eq!(acme.trace().await, before);
    let back = to_status(UserStatus::Active);
    acme.update(&deputy, ana, &back).await.unwrap();
    acme.deactivate(&deputy, acme.boss).await.unwrap();
}

#[tokio::test]
async fn two_admins_who_remove_each_other_at_once_leave_one() {
    let acme = Acme::new().await;
    let ana = acme.user(acme.id, "ana", &[acme.admin_role]).await;
    let (boss, other) = (acme.caller("boss").await, acme.caller("ana").await);
    let (one, two) = futures::join!(
        acme.deactivate(&boss, ana),
        acme.deactivate(&other, acme.boss),
    );
    let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
    won.unwrap();
    // The loser was deactivated meanwhile: the gate is closed for it.
    refused(&lost, "session_revoked");
}
