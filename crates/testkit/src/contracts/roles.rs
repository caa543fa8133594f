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

pub async fn a_bump_raises_the_revision_by_one(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut tx = s.begin().await;
    let bumped = tx.roles().bump_policy_revision(acme.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(bumped, PolicyRevision::new(2));
    let read = s.store().read().organizations().find(acme.id).await;
    assert_eq!(read.unwrap().unwrap().policy_revision, bumped);
}

pub async fn bumps_at_once_lose_none(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let bump = async || {
        let mut tx = s.begin().await;
        let bumped = tx.roles().bump_policy_revision(acme.id).await.unwrap();
        tx.commit().await.unwrap();
        bumped.get()
    };
    let mut bumped = join_all((0..20).map(|_| bump())).await;
    bumped.sort_unstable();
    assert_eq!(bumped, (2..22).collect::<Vec<_>>());
}

pub async fn a_bump_of_no_organization_is_refused(s: &dyn StoreSubject) {
    let nowhere = OrganizationId::new(4_711).unwrap();
    let mut tx = s.begin().await;
    let refused = tx.roles().bump_policy_revision(nowhere).await;
    missing(&refused, Constraint::Organization);
}

pub async fn a_bump_of_all_raises_every_revision_by_one(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let mut tx = s.begin().await;
    tx.roles().bump_policy_revision(acme.id).await.unwrap();
    tx.roles().bump_all_policy_revisions().await.unwrap();
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
    let roles = tx.roles();
    let member = SystemRole::Member;
    assert_eq!(roles.find_system(acme.id, member).await.unwrap(), None);
    let mut new = builders::role(acme.id, "member");
    new.system = Some(member);
    let id = roles.insert(&new).await.unwrap();
    let found = roles.find_system(acme.id, member).await.unwrap().unwrap();
    assert_eq!((found.id, found.system), (id, Some(member)));
    assert_eq!((found.organization_id, found.name), (acme.id, new.name));
}

pub async fn a_grant_is_kept_once(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let editor = role(s, &acme, "Editor").await;
    let mut tx = s.begin().await;
    let roles = tx.roles();
    let mut grant = async |permissions: &[Permission]| {
        let granted = roles.grant(acme.id, editor, permissions, at(0)).await;
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
    let granted = tx.roles().grant(other.id, foreign, &SOME, at(0)).await;
    assert_eq!(granted.unwrap(), 2);
    tx.commit().await.unwrap();
    // Neither what it has already nor what is new, nor nothing at all.
    for permissions in [&SOME[..], &[Permission::OrgDelete], &[]] {
        let mut tx = s.begin().await;
        let refused = tx.roles().grant(acme.id, foreign, permissions, at(0)).await;
        missing(&refused, Constraint::Role);
    }
}

pub async fn an_assignment_is_kept_once(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, editor) = (s.user(&acme, "ana").await, role(s, &acme, "Editor").await);
    let mut tx = s.begin().await;
    let roles = tx.roles();
    let new = roles.assign(acme.id, ana.id, editor, at(0)).await;
    assert!(new.unwrap());
    let again = roles.assign(acme.id, ana.id, editor, at(1)).await;
    assert!(!again.unwrap());
}

pub async fn an_assignment_over_the_border_of_organizations_is_refused(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let (ana, editor) = (s.user(&acme, "ana").await, role(s, &acme, "Editor").await);
    let (bea, foreign) = (s.user(&other, "bea").await, role(s, &other, "Editor").await);
    let assign = async |user: UserId, role: RoleId| {
        let mut tx = s.begin().await;
        tx.roles().assign(acme.id, user, role, at(0)).await
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
    let roles = tx.roles();
    assert_eq!(roles.first_holder(editor).await.unwrap(), None);
    for (user, when) in [(&ana, at(9)), (&bea, at(3))] {
        roles.assign(acme.id, user.id, editor, when).await.unwrap();
    }
    assert_eq!(roles.first_holder(editor).await.unwrap(), Some(bea.id));
}
