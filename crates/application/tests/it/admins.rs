//! Admins of an organization, and its owner.

use auth_application::users::UserError;
use auth_domain::caller::Caller;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{Permission, PolicyEngine as _};
use auth_domain::store::Store as _;
use auth_testkit::builders;

use crate::acme::{Acme, refused};

async fn invite(
    acme: &Acme,
    by: &Caller,
    organization: OrganizationId,
    name: &str,
) -> Result<UserId, UserError> {
    let made = acme.invite_admin(by, organization, name).await;
    made.map(|made| made.value.user.id)
}

async fn owner(acme: &Acme, organization: OrganizationId) -> Option<UserId> {
    let read = acme.store.read().organizations();
    read.find(organization).await.unwrap().unwrap().owner_id
}

#[tokio::test]
async fn a_second_admin_is_not_the_owner() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = invite(&acme, &boss, acme.id, "ana").await.unwrap();
    assert_eq!(acme.read(ana).await.role_ids, [acme.admin_role]);
    assert_eq!(owner(&acme, acme.id).await, Some(acme.boss));
    assert_eq!(acme.events(ana).await, ["user.created"]);
}

#[tokio::test]
async fn the_first_admin_of_an_organization_without_owner_becomes_it() {
    let acme = Acme::new().await;
    let mut tx = acme.store.begin().await.unwrap();
    let new = builders::organization("New");
    let new = tx.organizations().insert(&new).await.unwrap().id;
    tx.commit().await.unwrap();
    let root = acme.caller("root").await;
    let ana = invite(&acme, &root, new, "ana").await.unwrap();
    assert_eq!(owner(&acme, new).await, Some(ana));
    let policy = acme.policies.snapshot(new, None).await.unwrap();
    assert!(policy.check(ana, "user.invite"));
    let nowhere = OrganizationId::new(4_711).unwrap();
    let outcome = invite(&acme, &root, nowhere, "bea").await;
    refused(&outcome, "organization_not_found");
}

#[tokio::test]
async fn a_caller_below_admin_or_of_another_organization_makes_none() {
    let acme = Acme::new().await;
    let other = acme.tenant("Other", "eva").await;
    let held = [Permission::UserInvite, Permission::RoleAssign];
    let inviter = acme.holder("inviter", &held).await;
    let before = acme.trace().await;
    let outcome = invite(&acme, &inviter, acme.id, "ana").await;
    refused(&outcome, "cannot_grant");
    let boss = acme.caller("boss").await;
    let outcome = invite(&acme, &boss, other.organization_id, "ana").await;
    refused(&outcome, "forbidden");
    assert_eq!(acme.trace().await, before);
}
