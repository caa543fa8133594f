//! `PolicyStore`.

use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::{Permission, PolicyRevision};

use super::StoreSubject;
use crate::builders::{self, at};

async fn editor(s: &dyn StoreSubject, of: &Organization, holder: UserId) -> RoleId {
    let mut tx = s.begin().await;
    tx.organizations().raise_policy(of.id).await.unwrap();
    let new = builders::role(of.id, "Editor");
    let role = tx.roles().insert(&new).await.unwrap();
    let some = [Permission::OrgRead, Permission::UserRead];
    let grants = tx.grants();
    grants.grant_all(of.id, role, &some, at(0)).await.unwrap();
    grants.assign(of.id, holder, role, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    role
}

pub async fn the_rows_of_an_organization_are_its_own(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&other, "bea").await);
    let role = editor(s, &acme, ana.id).await;
    editor(s, &other, bea.id).await;
    let rows = s.policies().load(acme.id).await.unwrap().unwrap();
    assert_eq!(rows.organization_id, acme.id);
    assert_eq!(rows.revision, PolicyRevision::new(2));
    assert!(rows.organization_active);
    let mut names: Vec<&str> = rows.permissions.iter().map(|(_, n)| n.as_str()).collect();
    names.sort_unstable();
    let mut granted = [Permission::OrgRead.name(), Permission::UserRead.name()];
    granted.sort_unstable();
    assert_eq!(names, granted);
    let mut grants: Vec<_> = rows.permissions.iter().map(|(id, _)| (role, *id)).collect();
    grants.sort_unstable();
    assert_eq!(rows.grants, grants);
    let users: Vec<_> = rows.users.iter().map(|u| (u.id, u.active)).collect();
    assert_eq!(users, [(ana.id, true)]);
    assert_eq!(rows.users[0].roles, [role]);
}

pub async fn the_roles_of_a_user_come_oldest_first(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let mut tx = s.begin().await;
    let mut made = Vec::new();
    for (name, when) in [("A", at(9)), ("B", at(3)), ("C", at(3)), ("D", at(1))] {
        let new = builders::role(acme.id, name);
        let role = tx.roles().insert(&new).await.unwrap();
        let assigned = tx.grants().assign(acme.id, ana.id, role, when).await;
        assert!(assigned.unwrap());
        made.push(role);
    }
    tx.commit().await.unwrap();
    let rows = s.policies().load(acme.id).await.unwrap().unwrap();
    assert_eq!(rows.users[0].roles, [made[3], made[1], made[2], made[0]]);
}

/// The rows of one user are those of all without the other users and without
/// what only the others' roles grant.
pub async fn the_rows_of_a_user_are_the_part_that_bears_on_it(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let eve = s.user(&other, "eve").await;
    let role = editor(s, &acme, ana.id).await;
    editor(s, &other, eve.id).await;
    let mut tx = s.begin().await;
    for name in ["Idle", "Second"] {
        let new = builders::role(acme.id, name);
        let of_bea = tx.roles().insert(&new).await.unwrap();
        let grants = tx.grants();
        let some = [Permission::OrgDelete];
        grants
            .grant_all(acme.id, of_bea, &some, at(0))
            .await
            .unwrap();
        grants.assign(acme.id, bea.id, of_bea, at(1)).await.unwrap();
        if name == "Second" {
            grants.assign(acme.id, ana.id, of_bea, at(9)).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    let all = s.policies().load(acme.id).await.unwrap().unwrap();
    for asked in [ana.id, bea.id, eve.id] {
        let found = s.policies().load_user(acme.id, asked).await.unwrap();
        let mut wanted = all.clone();
        wanted.users.retain(|user| user.id == asked);
        let roles: Vec<RoleId> = wanted.users.iter().flat_map(|u| u.roles.clone()).collect();
        wanted.grants.retain(|(role, _)| roles.contains(role));
        let granted = |id| wanted.grants.iter().any(|(_, granted)| *granted == id);
        wanted.permissions.retain(|(id, _)| granted(*id));
        assert_eq!(found.unwrap(), wanted);
    }
    let of_ana = s.policies().load_user(acme.id, ana.id).await.unwrap();
    let of_ana = of_ana.unwrap();
    assert_eq!(of_ana.users[0].roles.len(), 2);
    assert_eq!(of_ana.users[0].roles[0], role);
}

pub async fn an_unknown_organization_has_no_rows(s: &dyn StoreSubject) {
    let nowhere = OrganizationId::new(4_711).unwrap();
    assert_eq!(s.policies().load(nowhere).await.unwrap(), None);
    let user = UserId::new(1).unwrap();
    assert_eq!(s.policies().load_user(nowhere, user).await.unwrap(), None);
}

pub async fn revisions_are_of_those_that_exist(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    editor(s, &acme, ana.id).await;
    let nowhere = OrganizationId::new(4_711).unwrap();
    let asked = [acme.id, nowhere, OrganizationId::DEFAULT];
    let mut found = s.policies().revisions(&asked).await.unwrap();
    found.sort_unstable();
    let default = (OrganizationId::DEFAULT, PolicyRevision::new(1));
    assert_eq!(found, [default, (acme.id, PolicyRevision::new(2))]);
    assert_eq!(s.policies().revisions(&[]).await.unwrap(), []);
}

pub async fn revisions_of_very_many_organizations_come_too(s: &dyn StoreSubject) {
    let asked: Vec<_> = (1..=5_000)
        .map(|id| OrganizationId::new(id).unwrap())
        .collect();
    let found = s.policies().revisions(&asked).await.unwrap();
    assert_eq!(found.len(), 2);
}

/// While a writer gives a user one role after the other, each under a revision
/// of its own, rows never show more roles than their revision has.
pub async fn rows_and_revision_are_of_one_moment(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let write = async {
        for number in 0..20 {
            let mut tx = s.begin().await;
            tx.organizations().raise_policy(acme.id).await.unwrap();
            let new = builders::role(acme.id, &format!("role {number}"));
            let role = tx.roles().insert(&new).await.unwrap();
            let assigned = tx.grants().assign(acme.id, ana.id, role, at(number)).await;
            assert!(assigned.unwrap());
            tx.commit().await.unwrap();
        }
    };
    let read = async {
        loop {
            let rows = s.policies().load(acme.id).await.unwrap().unwrap();
            let roles = i64::try_from(rows.users[0].roles.len()).unwrap();
            assert_eq!(rows.revision.get(), roles + 1);
            if roles == 20 {
                return;
            }
        }
    };
    futures::join!(write, read);
}

pub async fn an_overview_is_sorted_by_name_and_of_one_organization(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let (bea, ana) = (s.user(&acme, "bea").await, s.user(&acme, "ana").await);
    let (eve, _idle) = (s.user(&other, "eve").await, s.user(&acme, "idle").await);
    editor(s, &other, eve.id).await;
    let role = editor(s, &acme, bea.id).await;
    let mut tx = s.begin().await;
    tx.grants()
        .assign(acme.id, ana.id, role, at(1))
        .await
        .unwrap();
    let auditor = tx.roles().insert(&builders::role(acme.id, "Auditor")).await;
    let auditor = auditor.unwrap();
    tx.commit().await.unwrap();

    let roles = s.policies().overview(acme.id).await.unwrap().unwrap();
    let names: Vec<_> = roles.iter().map(|r| (r.id, r.name.as_str())).collect();
    assert_eq!(names, [(auditor, "Auditor"), (role, "Editor")]);
    assert_eq!(
        (&roles[0].permissions[..], &roles[0].users[..]),
        (&[][..], &[][..])
    );
    let granted: Vec<&str> = roles[1]
        .permissions
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(granted, ["org.read", "user.read"]);
    let text = roles[1].permissions[0].description.as_ref();
    assert_eq!(text.unwrap().as_str(), Permission::OrgRead.description());
    let holders: Vec<_> = roles[1]
        .users
        .iter()
        .map(|u| (u.id, u.username.as_str()))
        .collect();
    assert_eq!(holders, [(ana.id, "ana"), (bea.id, "bea")]);
    let nowhere = OrganizationId::new(4_711).unwrap();
    assert_eq!(s.policies().overview(nowhere).await.unwrap(), None);
}
