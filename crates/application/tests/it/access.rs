//! Rights: which a caller gets, and how far they reach.

use std::sync::Arc;

use auth_application::access::perm::{
    OnPlatform, OrgCreate, OrgRead, RoleAssign, RoleRead, UserInvite,
};
use auth_application::access::{Access, Named, Operator};
use auth_domain::caller::ActorKind;
use auth_domain::error::PortError;
use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{MockPolicyEngine, Permission, PolicyError, Scoped};

use crate::acme::{Acme, origin, refused};
use crate::fakes::FakeStore;

fn nowhere() -> OrganizationId {
    OrganizationId::new(4_711).unwrap()
}

#[tokio::test]
async fn a_right_is_for_a_caller_who_holds_the_permission() {
    let acme = Acme::new().await;
    let reader = acme.holder("reader", &[Permission::OrgRead]).await;
    let right = acme.right::<OrgRead>(&reader).await.unwrap();
    assert_eq!(right.caller(), &reader);
    refused(&acme.right::<RoleRead>(&reader).await, "forbidden");
}

#[tokio::test]
async fn a_right_of_two_permissions_needs_both() {
    type Both = (UserInvite, RoleAssign);
    let acme = Acme::new().await;
    for (name, held) in [
        ("inviter", Permission::UserInvite),
        ("assigner", Permission::RoleAssign),
    ] {
        let caller = acme.holder(name, &[held]).await;
        refused(&acme.right::<Both>(&caller).await, "forbidden");
    }
    let both = [Permission::UserInvite, Permission::RoleAssign];
    let caller = acme.holder("both", &both).await;
    acme.right::<Both>(&caller).await.unwrap();
}

#[tokio::test]
async fn a_right_on_the_platform_is_for_rootorg_with_the_permission_of_the_group() {
    type Right = OnPlatform<OrgCreate>;
    use Permission::{PlatformOrganizationsManage, PlatformUsersManage};
    let acme = Acme::new().await;
    let both = [Permission::OrgCreate, PlatformOrganizationsManage];
    let tenant = acme.holder("tenant", &both).await;
    refused(&acme.right::<Right>(&tenant).await, "forbidden");
    for (name, held) in [
        ("creator", vec![Permission::OrgCreate]),
        ("manager", vec![PlatformOrganizationsManage]),
        ("other", vec![Permission::OrgCreate, PlatformUsersManage]),
    ] {
        let caller = acme.official(name, &held).await;
        refused(&acme.right::<Right>(&caller).await, "forbidden");
    }
    let official = acme.official("official", &both).await;
    acme.right::<Right>(&official).await.unwrap();
}

#[tokio::test]
async fn a_permission_that_was_taken_is_gone_on_the_next_request() {
    let acme = Acme::new().await;
    let reader = acme.holder("reader", &[Permission::OrgRead]).await;
    acme.right::<OrgRead>(&reader).await.unwrap();
    // Another instance takes it, and this one was not told.
    acme.execute("DELETE FROM user_roles WHERE user_id = (SELECT max(user_id) FROM users)")
        .await;
    acme.execute("UPDATE organizations SET policy_revision = policy_revision + 1")
        .await;
    let reader = acme.caller("reader").await;
    refused(&acme.right::<OrgRead>(&reader).await, "forbidden");
}

#[tokio::test]
async fn a_policy_that_is_away_refuses_as_unavailable() {
    let mut policies = MockPolicyEngine::new();
    policies
        .expect_snapshot()
        .returning(|_, _| Err(PolicyError::Unavailable(None)));
    let access = Access::new(Arc::new(policies), Arc::new(FakeStore::default()));
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let granted = access.grant::<OrgRead>(boss).await;
    refused(&granted, "policy_unavailable");
}

#[tokio::test]
async fn a_right_reaches_the_own_organization_however_it_is_named() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let right = acme.right::<OrgRead>(&boss).await.unwrap();
    for named in [
        Named::InPath(acme.id),
        Named::InQuery(Some(acme.id)),
        Named::InQuery(None),
    ] {
        let reached = acme.app.access.reach(&right, named).await;
        assert_eq!(reached.unwrap(), acme.id);
    }
}

#[tokio::test]
async fn another_organization_is_forbidden_in_a_path_and_absent_in_a_query() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let right = acme.right::<OrgRead>(&boss).await.unwrap();
    let access = &acme.app.access;
    for foreign in [acme.root, nowhere()] {
        let reached = access.reach(&right, Named::InPath(foreign)).await;
        refused(&reached, "forbidden");
        let reached = access.reach(&right, Named::InQuery(Some(foreign))).await;
        refused(&reached, "organization_not_found");
    }
}

#[tokio::test]
async fn the_platform_reaches_every_organization_that_exists() {
    let acme = Acme::new().await;
    let held = [Permission::OrgRead, Permission::PlatformOrganizationsManage];
    let official = acme.official("official", &held).await;
    let right = acme.right::<OrgRead>(&official).await.unwrap();
    let access = &acme.app.access;
    for named in [Named::InPath(acme.id), Named::InQuery(Some(acme.id))] {
        assert_eq!(access.reach(&right, named).await.unwrap(), acme.id);
    }
    for named in [Named::InPath(nowhere()), Named::InQuery(Some(nowhere()))] {
        let reached = access.reach(&right, named).await;
        refused(&reached, "organization_not_found");
    }
}

#[tokio::test]
async fn the_platform_permission_of_another_group_does_not_cross() {
    let acme = Acme::new().await;
    let held = [
        Permission::OrgRead,
        Permission::RoleRead,
        Permission::PlatformOrganizationsManage,
    ];
    let access = &acme.app.access;
    let official = acme.official("official", &held).await;
    let right = acme.right::<OrgRead>(&official).await.unwrap();
    assert!(access.crosses(&right).await.unwrap());
    let right = acme.right::<RoleRead>(&official).await.unwrap();
    assert!(!access.crosses(&right).await.unwrap());
    let tenant = acme.holder("tenant", &held).await;
    let right = acme.right::<OrgRead>(&tenant).await.unwrap();
    assert!(!access.crosses(&right).await.unwrap());
}

#[tokio::test]
async fn a_caller_without_the_permission_sees_its_own_rows_at_home_and_none_elsewhere() {
    let acme = Acme::new().await;
    let access = &acme.app.access;
    let guest = acme.holder("guest", &[]).await;
    let own = Scoped {
        organization: acme.id,
        owner: Some(guest.user_id()),
    };
    let seen = access.scope::<RoleRead>(&guest, acme.id).await;
    assert_eq!(seen.unwrap(), own);
    let seen = access.scope::<RoleRead>(&guest, acme.root).await;
    refused(&seen, "forbidden");
}

#[tokio::test]
async fn a_caller_with_the_permission_sees_all_rows_at_home_and_the_platform_everywhere() {
    let acme = Acme::new().await;
    let access = &acme.app.access;
    let reader = acme.holder("reader", &[Permission::RoleRead]).await;
    let seen = access.scope::<RoleRead>(&reader, acme.id).await;
    assert_eq!(seen.unwrap(), Scoped::all_of(acme.id));
    let seen = access.scope::<RoleRead>(&reader, acme.root).await;
    refused(&seen, "forbidden");

    let held = [Permission::RoleRead, Permission::PlatformRbacManage];
    let official = acme.official("official", &held).await;
    for organization in [acme.root, acme.id] {
        let seen = access.scope::<RoleRead>(&official, organization).await;
        assert_eq!(seen.unwrap(), Scoped::all_of(organization));
    }
    let clerk = acme.official("clerk", &[Permission::RoleRead]).await;
    let seen = access.scope::<RoleRead>(&clerk, acme.id).await;
    refused(&seen, "forbidden");
}

#[test]
fn an_operator_is_recorded_as_what_it_is() {
    let service = Operator::service(&origin());
    assert_eq!(service.actor().kind, ActorKind::Service);
    assert_eq!(service.actor().request_id.as_deref(), Some("request"));
    let bootstrap = Operator::bootstrap(&origin());
    assert_eq!(bootstrap.actor().kind, ActorKind::Bootstrap);
    let console = Operator::console("superuser create");
    assert_eq!(console.actor().kind, ActorKind::System);
    assert_eq!(console.actor().name.as_deref(), Some("superuser create"));
}

#[tokio::test]
async fn a_port_error_of_the_lookup_is_shown_as_what_it_is() {
    let mut store = FakeStore::default();
    store
        .reads
        .organizations
        .expect_find()
        .returning(|_| Err(PortError::Unavailable("no database".into())));
    let acme = Acme::new().await;
    let access = Access::new(Arc::clone(&acme.policies) as _, Arc::new(store));
    let root = acme.caller("root").await;
    let right = access.grant::<OrgRead>(root).await.unwrap();
    let reached = access.reach(&right, Named::InPath(acme.id)).await;
    refused(&reached, "store_unavailable");
}
