//! `RoleRepo`.

use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::{Permission, PolicyRevision, SystemRole};
use futures::future::join_all;

use super::StoreSubject;
use crate::builders::{self, at};

const SOME: [Permission; 2] = [Permission::OrgRead, Permission::OrgUpdate];

pub(super) async fn role(s: &dyn StoreSubject, of: &Organization, name: &str) -> RoleId {
    let mut tx = s.begin().await;
    let made = tx.roles().insert(&builders::role(of.id, name)).await;
    tx.commit().await.unwrap();
    made.unwrap()
}

#[track_caller]
pub(super) fn missing<T: std::fmt::Debug>(result: &Result<T, PortError>, what: Constraint) {
    assert!(
        matches!(result, Err(PortError::MissingReference(found)) if *found == what),
        "{result:?}"
    );
}

pub async fn a_raise_adds_one_to_the_revision_and_reads_the_organization(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut tx = s.begin().await;
    let raised = tx.organizations().raise_policy(acme.id).await.unwrap();
    tx.commit().await.unwrap();
    let revision = raised.as_ref().map(|raised| raised.policy_revision);
    assert_eq!(revision, Some(PolicyRevision::new(2)));
    let read = s.store().read().organizations().find(acme.id).await;
    assert_eq!(read.unwrap(), raised);
}

pub async fn raises_at_once_lose_none(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let bump = async || {
        let mut tx = s.begin().await;
        let raised = tx.organizations().raise_policy(acme.id).await.unwrap();
        tx.commit().await.unwrap();
        raised.unwrap().policy_revision.get()
    };
    let mut bumped = join_all((0..20).map(|_| bump())).await;
    bumped.sort_unstable();
    assert_eq!(bumped, (2..22).collect::<Vec<_>>());
}

pub async fn a_raise_of_no_organization_finds_none(s: &dyn StoreSubject) {
    let nowhere = OrganizationId::new(4_711).unwrap();
    let mut tx = s.begin().await;
    let raised = tx.organizations().raise_policy(nowhere).await;
    assert_eq!(raised.unwrap(), None);
}

pub async fn a_raise_of_all_adds_one_to_every_revision(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let mut tx = s.begin().await;
    tx.organizations().raise_policy(acme.id).await.unwrap();
    tx.organizations().raise_all_policies().await.unwrap();
    tx.commit().await.unwrap();
    let asked = [OrganizationId::DEFAULT, acme.id, other.id];
    let mut found = s.policies().revisions(&asked).await.unwrap();
    found.sort_unstable();
    let found: Vec<i64> = found.iter().map(|(_, at)| at.get()).collect();
    assert_eq!(found, [2, 3, 2]);
}

pub async fn a_role_name_is_unique_in_its_organization_only(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    role(s, &acme, "Editor").await;
    role(s, &other, "Editor").await;
    let mut tx = s.begin().await;
    let again = tx.roles().insert(&builders::role(acme.id, "EDITOR")).await;
    assert!(
        matches!(again, Err(PortError::NotUnique(Constraint::RoleName))),
        "{again:?}"
    );
}

pub async fn a_role_of_no_organization_is_refused(s: &dyn StoreSubject) {
    let nowhere = OrganizationId::new(4_711).unwrap();
    let mut tx = s.begin().await;
    let refused = tx.roles().insert(&builders::role(nowhere, "Editor")).await;
    missing(&refused, Constraint::Organization);
}

pub async fn a_system_role_is_found_once_it_is_made(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut tx = s.begin().await;
    let member = SystemRole::Member;
    assert_eq!(
        tx.read()
            .roles()
            .find_system(acme.id, member)
            .await
            .unwrap(),
        None
    );
    let mut new = builders::role(acme.id, "member");
    new.system = Some(member);
    let id = tx.roles().insert(&new).await.unwrap();
    let found = tx
        .read()
        .roles()
        .find_system(acme.id, member)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.id, found.system), (id, Some(member)));
    assert_eq!((found.organization_id, found.name), (acme.id, new.name));
}

pub async fn a_grant_is_kept_once(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let editor = role(s, &acme, "Editor").await;
    let mut tx = s.begin().await;
    let mut grant = async |permissions: &[Permission]| {
        let granted = tx
            .grants()
            .grant_all(acme.id, editor, permissions, at(0))
            .await;
        granted.unwrap()
    };
    assert_eq!(grant(&SOME[..1]).await, 1);
    assert_eq!(grant(&SOME).await, 1);
    assert_eq!(grant(&SOME).await, 0);
    assert_eq!(grant(&[]).await, 0);
}

pub async fn a_grant_to_a_role_of_another_organization_is_refused(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let foreign = role(s, &other, "Editor").await;
    let mut tx = s.begin().await;
    let granted = tx.grants().grant_all(other.id, foreign, &SOME, at(0)).await;
    assert_eq!(granted.unwrap(), 2);
    tx.commit().await.unwrap();
    // Neither what it has already nor what is new, nor nothing at all.
    for permissions in [&SOME[..], &[Permission::OrgDelete], &[]] {
        let mut tx = s.begin().await;
        let refused = tx
            .grants()
            .grant_all(acme.id, foreign, permissions, at(0))
            .await;
        missing(&refused, Constraint::Role);
    }
}

pub async fn an_assignment_is_kept_once(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, editor) = (s.user(&acme, "ana").await, role(s, &acme, "Editor").await);
    let mut tx = s.begin().await;
    let grants = tx.grants();
    let new = grants.assign(acme.id, ana.id, editor, at(0)).await;
    assert!(new.unwrap());
    let again = grants.assign(acme.id, ana.id, editor, at(1)).await;
    assert!(!again.unwrap());
}

pub async fn an_assignment_over_the_border_of_organizations_is_refused(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let (ana, editor) = (s.user(&acme, "ana").await, role(s, &acme, "Editor").await);
    let (bea, foreign) = (s.user(&other, "bea").await, role(s, &other, "Editor").await);
    let assign = async |user: UserId, role: RoleId| {
        let mut tx = s.begin().await;
        tx.grants().assign(acme.id, user, role, at(0)).await
    };
    missing(&assign(bea.id, editor).await, Constraint::User);
    missing(&assign(ana.id, foreign).await, Constraint::Role);
    // A pair that fits, but in another organization than the caller's.
    missing(&assign(bea.id, foreign).await, Constraint::User);
}

pub async fn the_first_holder_is_the_oldest(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let editor = role(s, &acme, "Editor").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let mut tx = s.begin().await;
    assert_eq!(tx.read().grants().first_holder(editor).await.unwrap(), None);
    for (user, when) in [(&ana, at(9)), (&bea, at(3))] {
        tx.grants()
            .assign(acme.id, user.id, editor, when)
            .await
            .unwrap();
    }
    assert_eq!(
        tx.read().grants().first_holder(editor).await.unwrap(),
        Some(bea.id)
    );
}
