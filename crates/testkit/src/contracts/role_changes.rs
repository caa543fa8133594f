//! `RoleQueries`, and what `RoleRepo` changes of roles that are there.

use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::{PermissionId, RoleId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::page::{ById, PageRequest};
use auth_domain::rbac::rules::AdminFacts;
use auth_domain::rbac::{NewPermission, Permission, PermissionName, SystemRole};
use auth_domain::text::{PermissionDescription, RoleDescription, RoleName};

use super::StoreSubject;
use super::roles::{missing, role};
use crate::builders::{self, at};

fn permission(name: &str) -> NewPermission {
    NewPermission {
        name: PermissionName::parse(name).unwrap(),
        description: Some(PermissionDescription::parse("Reads").unwrap()),
        created_at: at(5),
    }
}

async fn added(s: &dyn StoreSubject, name: &str) -> PermissionId {
    let mut tx = s.begin().await;
    let made = tx.catalogue().insert(&permission(name)).await;
    tx.commit().await.unwrap();
    made.unwrap()
}

/// A role that has a permission.
async fn granted(
    s: &dyn StoreSubject,
    of: &Organization,
    name: &str,
    what: PermissionId,
) -> RoleId {
    let id = role(s, of, name).await;
    let mut tx = s.begin().await;
    let new = tx.grants().grant(of.id, id, what, at(0)).await;
    assert!(new.unwrap());
    tx.commit().await.unwrap();
    id
}

async fn assign(s: &dyn StoreSubject, of: &Organization, user: UserId, role: RoleId, when: i64) {
    let mut tx = s.begin().await;
    let assigned = tx.grants().assign(of.id, user, role, at(when)).await;
    assert!(assigned.unwrap());
    tx.commit().await.unwrap();
}

pub(super) async fn admin_role(s: &dyn StoreSubject, of: &Organization) -> RoleId {
    let mut new = builders::role(of.id, "Admin");
    new.system = Some(SystemRole::OrganizationAdmin);
    let mut tx = s.begin().await;
    let made = tx.roles().insert(&new).await.unwrap();
    tx.commit().await.unwrap();
    made
}

async fn deactivate(s: &dyn StoreSubject, user: UserId) {
    let update =
        format!("UPDATE users SET status = 'inactive' WHERE user_id = {user} RETURNING username");
    assert_eq!(s.look(&update).await.len(), 1);
}

fn texts(names: &[PermissionName]) -> Vec<&str> {
    names.iter().map(PermissionName::as_str).collect()
}

pub async fn a_role_is_found_with_its_permissions_in_its_own_organization_only(
    s: &dyn StoreSubject,
) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let (write, read) = (added(s, "doc.write").await, added(s, "doc.read").await);
    let id = granted(s, &acme, "Editor", read).await;
    let mut tx = s.begin().await;
    let new = tx.grants().grant(acme.id, id, write, at(0)).await;
    assert!(new.unwrap());
    tx.commit().await.unwrap();

    let queries = s.store().read().roles();
    let found = queries
        .find_with_grants(acme.id, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.role.id, found.role.organization_id), (id, acme.id));
    assert_eq!(found.role.name.as_str(), "Editor");
    assert_eq!((found.role.description, found.role.system), (None, None));
    assert_eq!(
        (found.role.created_at, found.role.updated_at),
        (at(0), at(0))
    );
    let granted: Vec<_> = found
        .grants
        .iter()
        .map(|grant| (grant.id, grant.name.as_str()))
        .collect();
    assert_eq!(
        granted,
        [(write, "doc.write"), (read, "doc.read")],
        "ascending by id"
    );
    assert_eq!(queries.find_with_grants(other.id, id).await.unwrap(), None);
}

pub async fn a_page_of_roles_follows_the_one_before_while_roles_are_made(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    role(s, &acme, "A").await;
    role(s, &other, "X").await;
    role(s, &acme, "B").await;
    role(s, &acme, "C").await;
    let list = async |after| {
        let request = PageRequest::new(ById::Id, Some(2), after).unwrap();
        let page = s.store().read().roles().list(acme.id, &request).await;
        let page = page.unwrap();
        let names = page.items.into_iter().map(|found| found.role.name.into());
        (names.collect::<Vec<String>>(), page.next)
    };
    let (names, next) = list(None).await;
    assert_eq!(names, ["A", "B"]);
    role(s, &acme, "D").await;
    let (names, next) = list(Some(next.unwrap())).await;
    assert_eq!((names, next), (vec!["C".to_owned(), "D".to_owned()], None));
}

pub async fn a_role_reads_back_as_changed(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = role(s, &acme, "Editor").await;
    let queries = s.store().read().roles();
    let mut changed = queries
        .find_with_grants(acme.id, id)
        .await
        .unwrap()
        .unwrap();
    changed.role.name = RoleName::parse("Writer").unwrap();
    changed.role.description = Some(RoleDescription::parse("Writes").unwrap());
    changed.role.updated_at = at(60);
    let mut tx = s.begin().await;
    tx.roles().update(&changed.role).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        queries.find_with_grants(acme.id, id).await.unwrap(),
        Some(changed)
    );
    // The old name is free again, the new one is taken.
    role(s, &acme, "Editor").await;
    let mut tx = s.begin().await;
    let again = tx.roles().insert(&builders::role(acme.id, "WRITER")).await;
    assert!(matches!(
        again,
        Err(PortError::NotUnique(Constraint::RoleName))
    ));
}

pub async fn a_role_is_not_renamed_to_a_name_that_another_has(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let id = role(s, &acme, "Editor").await;
    role(s, &acme, "Writer").await;
    role(s, &other, "Reader").await;
    let found = s
        .store()
        .read()
        .roles()
        .find_with_grants(acme.id, id)
        .await
        .unwrap();
    let mut renamed = found.unwrap().role;
    renamed.name = RoleName::parse("writer").unwrap();
    let mut tx = s.begin().await;
    let refused = tx.roles().update(&renamed).await;
    assert!(
        matches!(refused, Err(PortError::NotUnique(Constraint::RoleName))),
        "{refused:?}"
    );
    drop(tx);
    renamed.name = RoleName::parse("Reader").unwrap();
    let mut tx = s.begin().await;
    tx.roles().update(&renamed).await.unwrap();
}

pub async fn a_change_of_a_role_of_another_organization_is_stale(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let id = role(s, &other, "Editor").await;
    let found = s
        .store()
        .read()
        .roles()
        .find_with_grants(other.id, id)
        .await
        .unwrap();
    let mut foreign = found.unwrap().role;
    foreign.organization_id = acme.id;
    let mut tx = s.begin().await;
    let refused = tx.roles().update(&foreign).await;
    assert!(matches!(refused, Err(PortError::Stale)), "{refused:?}");
    assert!(!tx.roles().delete(acme.id, id).await.unwrap());
    assert!(tx.roles().delete(other.id, id).await.unwrap());
}

pub async fn a_deleted_role_takes_its_grants_and_assignments_with_it(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let read = added(s, "doc.read").await;
    let gone = granted(s, &acme, "Editor", read).await;
    let kept = granted(s, &acme, "Reader", read).await;
    assign(s, &acme, ana.id, gone, 0).await;
    assign(s, &acme, ana.id, kept, 1).await;
    let mut tx = s.begin().await;
    assert!(tx.roles().delete(acme.id, gone).await.unwrap());
    assert!(!tx.roles().delete(acme.id, gone).await.unwrap());
    tx.commit().await.unwrap();
    let rows = s.policies().load(acme.id).await.unwrap().unwrap();
    assert_eq!(rows.grants, [(kept, read)]);
    assert_eq!(rows.users[0].roles, [kept]);
}

pub async fn a_permission_is_granted_once_and_taken_back_once(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = role(s, &acme, "Editor").await;
    let read = added(s, "doc.read").await;
    let mut tx = s.begin().await;
    let grants = tx.grants();
    for new in [true, false] {
        let granted = grants.grant(acme.id, id, read, at(0)).await;
        assert_eq!(granted.unwrap(), new);
    }
    for had in [true, false] {
        let revoked = grants.revoke(acme.id, id, read).await;
        assert_eq!(revoked.unwrap(), had);
    }
}

pub async fn a_grant_over_the_border_or_of_nothing_is_refused(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let read = added(s, "doc.read").await;
    let foreign = granted(s, &other, "Editor", read).await;
    let own = role(s, &acme, "Editor").await;
    let nothing = PermissionId::new(4_711).unwrap();
    let grant = async |role, permission| {
        let mut tx = s.begin().await;
        tx.grants().grant(acme.id, role, permission, at(0)).await
    };
    missing(&grant(foreign, read).await, Constraint::Role);
    missing(&grant(own, nothing).await, Constraint::Permission);
    let mut tx = s.begin().await;
    let revoked = tx.grants().revoke(acme.id, foreign, read).await;
    assert!(!revoked.unwrap());
}

pub async fn a_permission_name_is_unique(s: &dyn StoreSubject) {
    added(s, "doc.read").await;
    for name in ["doc.read", Permission::OrgRead.name()] {
        let mut tx = s.begin().await;
        let again = tx.catalogue().insert(&permission(name)).await;
        assert!(
            matches!(again, Err(PortError::NotUnique(Constraint::PermissionName))),
            "{again:?}"
        );
    }
}

pub async fn the_catalogue_is_listed_by_id_with_what_was_added(s: &dyn StoreSubject) {
    let id = added(s, "doc.read").await;
    let catalogue = s.store().read().catalogue();
    let found = catalogue.find(id).await.unwrap().unwrap();
    let new = permission("doc.read");
    assert_eq!((found.id, &found.name), (id, &new.name));
    assert_eq!(found.description, new.description);
    assert_eq!(found.created_at, new.created_at);
    let nothing = PermissionId::new(4_711).unwrap();
    assert_eq!(catalogue.find(nothing).await.unwrap(), None);

    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest::new(ById::Id, Some(20), after).unwrap();
        let page = catalogue.list(&request).await.unwrap();
        listed.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed.len(), Permission::ALL.len() + 1);
    assert!(listed.is_sorted_by_key(|entry| entry.id));
    assert_eq!(listed.last(), Some(&found));
}

pub async fn an_added_permission_is_part_of_the_policy(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let read = added(s, "doc.read").await;
    let id = granted(s, &acme, "Editor", read).await;
    let rows = s.policies().load(acme.id).await.unwrap().unwrap();
    assert_eq!(rows.permissions, [(read, permission("doc.read").name)]);
    assert_eq!(rows.grants, [(id, read)]);
}

pub async fn a_user_holds_what_all_roles_grant_deactivated_or_not(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let ana = s.user(&acme, "ana").await;
    let (write, read) = (added(s, "doc.write").await, added(s, "doc.read").await);
    let editor = granted(s, &acme, "Editor", write).await;
    let reader = granted(s, &acme, "Reader", read).await;
    assign(s, &acme, ana.id, reader, 9).await;
    assign(s, &acme, ana.id, editor, 3).await;
    let users = s.store().read().users();
    for active in [true, false] {
        if !active {
            deactivate(s, ana.id).await;
        }
        let found = users.find_with_rights(acme.id, ana.id).await.unwrap();
        let found = found.unwrap();
        assert_eq!(texts(&found.permissions), ["doc.read", "doc.write"]);
        assert_eq!(found.user.user.id, ana.id);
        assert_eq!(found.user.role_ids, [editor, reader], "the oldest first");
    }
    let bea = s.user(&acme, "bea").await;
    let bare = users.find_with_rights(acme.id, bea.id).await.unwrap();
    assert_eq!(texts(&bare.unwrap().permissions), [""; 0]);
    let elsewhere = users.find_with_rights(other.id, ana.id).await.unwrap();
    assert_eq!(elsewhere, None);
}

pub async fn what_holders_hold_is_all_that_they_hold(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let (write, read) = (added(s, "doc.write").await, added(s, "doc.read").await);
    let editor = granted(s, &acme, "Editor", write).await;
    let reader = granted(s, &acme, "Reader", read).await;
    let queries = s.store().read().grants();
    let of_holders = async |role| {
        let held = queries.permissions_of_holders(acme.id, role).await.unwrap();
        let count = queries.count_holders(acme.id, role).await.unwrap();
        let held = held.iter().map(|name| name.as_str().to_owned());
        (held.collect::<Vec<String>>(), count)
    };
    assert_eq!(of_holders(reader).await, (vec![], 0));
    assign(s, &acme, ana.id, reader, 0).await;
    assert_eq!(of_holders(reader).await, (vec!["doc.read".into()], 1));
    assign(s, &acme, bea.id, reader, 0).await;
    assign(s, &acme, bea.id, editor, 0).await;
    let both = vec!["doc.read".to_owned(), "doc.write".to_owned()];
    assert_eq!(of_holders(reader).await, (both.clone(), 2));
    assert_eq!(of_holders(editor).await, (both, 1));
}

pub async fn another_admin_is_active_another_and_of_the_organization(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let eve = s.user(&other, "eve").await;
    let besides = async |user: UserId| {
        let users = s.store().read().users();
        let found = users.find_with_rights(acme.id, user).await.unwrap();
        found.unwrap().admins
    };
    let facts = |role, has_other_active_holder| AdminFacts {
        role,
        has_other_active_holder,
    };
    assert_eq!(
        besides(ana.id).await,
        facts(None, false),
        "no admin role yet"
    );
    let (admin, foreign) = (admin_role(s, &acme).await, admin_role(s, &other).await);
    let plain = role(s, &acme, "Editor").await;
    // Neither a holder of another role nor an admin elsewhere counts.
    assign(s, &acme, bea.id, plain, 0).await;
    assign(s, &other, eve.id, foreign, 0).await;
    assert_eq!(besides(ana.id).await, facts(Some(admin), false));
    assign(s, &acme, ana.id, admin, 0).await;
    assert_eq!(besides(ana.id).await, facts(Some(admin), false));
    assert_eq!(besides(bea.id).await, facts(Some(admin), true));
    assign(s, &acme, bea.id, admin, 0).await;
    assert_eq!(besides(ana.id).await, facts(Some(admin), true));
    deactivate(s, bea.id).await;
    assert_eq!(besides(ana.id).await, facts(Some(admin), false));
}

pub async fn an_assignment_is_taken_back_once(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let ana = s.user(&acme, "ana").await;
    let editor = role(s, &acme, "Editor").await;
    assign(s, &acme, ana.id, editor, 0).await;
    let mut tx = s.begin().await;
    let grants = tx.grants();
    assert!(!grants.unassign(other.id, ana.id, editor).await.unwrap());
    for held in [true, false] {
        let taken = grants.unassign(acme.id, ana.id, editor).await;
        assert_eq!(taken.unwrap(), held);
    }
}

pub async fn a_role_takes_the_place_of_all_others(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let (one, two) = (role(s, &acme, "One").await, role(s, &acme, "Two").await);
    let three = role(s, &acme, "Three").await;
    for (user, role, second) in [(&ana, one, 1), (&ana, two, 2), (&bea, one, 3)] {
        assign(s, &acme, user.id, role, second).await;
    }
    let held = "SELECT user_id - {ana}, role_id - {one}, substr(CAST(assigned_at AS text), 18, 2) \
                FROM user_roles ORDER BY user_id, assigned_at";
    let held = held.replace("{ana}", &ana.id.to_string());
    let held = held.replace("{one}", &one.to_string());
    let of = |user: UserId, role: RoleId, second: &str| {
        let (user, role) = (user.get() - ana.id.get(), role.get() - one.get());
        format!("{user}|{role}|{second}")
    };
    let bea_keeps = of(bea.id, one, "03");
    for (role, second, left) in [
        (Some(two), 9, vec![of(ana.id, two, "02")]),
        (Some(three), 9, vec![of(ana.id, three, "09")]),
        (None, 9, vec![]),
        (None, 9, vec![]),
        (Some(one), 10, vec![of(ana.id, one, "10")]),
    ] {
        let mut tx = s.begin().await;
        let replaced = tx.grants().replace(acme.id, ana.id, role, at(second)).await;
        replaced.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            s.look(&held).await,
            [left, vec![bea_keeps.clone()]].concat()
        );
    }
    let foreign = role(s, &other, "Foreign").await;
    for (organization, role, expected) in [
        (acme.id, foreign, Constraint::Role),
        (other.id, foreign, Constraint::User),
    ] {
        let mut tx = s.begin().await;
        let refused = tx
            .grants()
            .replace(organization, ana.id, Some(role), at(11));
        missing(&refused.await, expected);
        tx.rollback().await.unwrap();
    }
}
