//! A write asks the gate again, under its locks: what a caller lost between its
//! right and the write closes the door, and nothing is written.

use std::sync::Arc;

use auth_application::access::perm::{RoleCreate, UserInvite};
use auth_application::access::{Access, AccessError, Granted};
use auth_domain::caller::{Caller, Credential};
use auth_domain::ids::SessionId;
use auth_domain::rbac::{MockPolicyFeed, Permission};

use crate::acme::{Acme, refused};
use crate::fakes::{FakeStore, MockReads, MockTx, writer};
use crate::office::draft;
use crate::staff::account;

/// An admin who holds the right to create roles, and then `happens` to it.
async fn create_after(happens: &str) -> (Acme, String) {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let right: Granted<RoleCreate> = acme.right(&boss).await.unwrap();
    acme.execute(&happens.replace("{boss}", &boss.user_id().to_string()))
        .await;
    let before = acme.trace().await;
    let made = acme.app.roles.create(&right, None, &draft("Late")).await;
    assert_eq!(acme.trace().await, before);
    let code = auth_application::error::UseCaseError::code(&made.unwrap_err());
    (acme, code.to_owned())
}

#[tokio::test]
async fn a_session_that_was_revoked_writes_nothing() {
    let revoked = "UPDATE sessions SET revoked_at = issued_at, revoke_reason = 'revoked'";
    let (_acme, code) = create_after(revoked).await;
    assert_eq!(code, "session_revoked");
}

#[tokio::test]
async fn a_user_who_was_deactivated_writes_nothing() {
    let off = "UPDATE users SET status = 'inactive' WHERE user_id = {boss}";
    let (_acme, code) = create_after(off).await;
    assert_eq!(code, "account_inactive");
}

#[tokio::test]
async fn a_user_of_an_organization_that_was_suspended_writes_nothing() {
    let suspended = "UPDATE organizations SET license_status = 'suspended' WHERE kind = 'tenant'";
    let (_acme, code) = create_after(suspended).await;
    assert_eq!(code, "organization_suspended");
}

#[tokio::test]
async fn a_caller_who_lost_the_permission_writes_nothing() {
    let lost = "DELETE FROM user_roles WHERE user_id = {boss}";
    let (_acme, code) = create_after(lost).await;
    assert_eq!(code, "forbidden");
}

#[tokio::test]
async fn a_session_that_ran_out_writes_nothing() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let right: Granted<RoleCreate> = acme.right(&boss).await.unwrap();
    acme.clock.advance(std::time::Duration::from_hours(24));
    let before = acme.trace().await;
    let made = acme.app.roles.create(&right, None, &draft("Late")).await;
    refused(&made, "session_expired");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_session_of_another_user_or_of_none_writes_nothing() {
    let acme = Acme::new().await;
    let (boss, root) = (acme.caller("boss").await, acme.caller("root").await);
    let absent = Credential::Session(SessionId::new(4_711).unwrap());
    for credential in [root.credential, absent] {
        let caller = Caller {
            credential,
            ..boss.clone()
        };
        let right: Granted<RoleCreate> = acme.right(&caller).await.unwrap();
        let made = acme.app.roles.create(&right, None, &draft("Late")).await;
        refused(&made, "session_not_found");
        refused(
            &acme.app.sessions.revoke_others(&caller).await,
            "session_not_found",
        );
    }
}

#[tokio::test]
async fn a_write_that_raises_the_policy_asks_again_too() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let right: Granted<UserInvite> = acme.right(&boss).await.unwrap();
    acme.execute("UPDATE sessions SET revoked_at = issued_at, revoke_reason = 'logout'")
        .await;
    let before = acme.trace().await;
    let users = &acme.app.users;
    let made = users.invite(&right, acme.id, None, &account("ana")).await;
    refused(&made, "session_revoked");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn an_official_who_lost_the_platform_writes_nothing_in_a_tenant() {
    let acme = Acme::new().await;
    let held = [Permission::RoleCreate, Permission::PlatformRbacManage];
    let official = acme.official("official", &held).await;
    let right: Granted<RoleCreate> = acme.right(&official).await.unwrap();
    acme.execute(
        "DELETE FROM role_permissions WHERE role_id = (SELECT max(role_id) FROM roles) \
         AND permission_id = (SELECT permission_id FROM permissions \
             WHERE name = 'platform.rbac.manage')",
    )
    .await;
    let before = acme.trace().await;
    let roles = &acme.app.roles;
    let made = roles.create(&right, Some(acme.id), &draft("Late")).await;
    refused(&made, "forbidden");
    assert_eq!(acme.trace().await, before);
    // At home the permission that is left is enough.
    roles.create(&right, None, &draft("Late")).await.unwrap();
}

#[tokio::test]
async fn a_right_on_the_platform_is_judged_again_with_the_platform() {
    use auth_application::access::perm::{OnPlatform, PermCreate};
    let acme = Acme::new().await;
    let held = [Permission::PermCreate, Permission::PlatformRbacManage];
    let official = acme.official("official", &held).await;
    let right: Granted<OnPlatform<PermCreate>> = acme.right(&official).await.unwrap();
    acme.execute(
        "DELETE FROM role_permissions WHERE role_id = (SELECT max(role_id) FROM roles) \
         AND permission_id = (SELECT permission_id FROM permissions \
             WHERE name = 'platform.rbac.manage')",
    )
    .await;
    let before = acme.trace().await;
    let name = auth_domain::rbac::PermissionName::parse("doc.read").unwrap();
    let roles = &acme.app.roles;
    let made = roles.create_permission(&right, &name, None).await;
    refused(&made, "forbidden");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn an_organization_that_is_not_there_is_not_found() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let mut locking = MockTx::default();
    locking
        .organizations
        .expect_lock()
        .times(1)
        .return_once(|_| Ok(None));
    let mut raising = MockTx::default();
    raising
        .organizations
        .expect_raise_policy()
        .times(1)
        .return_once(|_| Ok(None));
    let transactions = vec![locking, raising];
    let store = Arc::new(FakeStore::with(MockReads::default(), transactions));
    let access = Access::new(Arc::clone(&acme.policies) as _, Arc::clone(&store) as _);
    let right: Granted<RoleCreate> = access.grant(boss).await.unwrap();
    let writer = writer(&store, MockPolicyFeed::new(), None);
    let locked = writer
        .run_in::<_, (), AccessError, _>(&right, acme.id, |_tx, _authorized| {
            Box::pin(async { Ok(()) })
        })
        .await;
    refused(&locked, "organization_not_found");
    let raised = writer
        .run_raising::<_, (), AccessError, _>(&right, acme.id, |_tx, _authorized| {
            Box::pin(async { Ok(()) })
        })
        .await;
    refused(&raised, "organization_not_found");
    assert_eq!(store.ended(), (2, 0, 2));
}

#[tokio::test]
async fn a_reset_between_right_and_write_closes_the_door() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let right: Granted<RoleCreate> = acme.right(&boss).await.unwrap();
    let signed_in = acme.login("boss").await.unwrap();
    let other = Caller {
        credential: Credential::Session(signed_in.tokens.session_id),
        ..boss.clone()
    };
    assert_eq!(acme.app.sessions.revoke_others(&other).await.unwrap(), 1);
    let made = acme.app.roles.create(&right, None, &draft("Late")).await;
    refused(&made, "session_revoked");
}
