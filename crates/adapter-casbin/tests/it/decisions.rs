//! Ways to decide, which agree on everything: the snapshot, Casbin's `enforce`,
//! its explanation, and the rows read by the book.

use std::collections::BTreeSet;
use std::ops::Range;

use auth_casbin::{compile, enforcer, explain, request};
use auth_domain::ids::UserId;
use auth_domain::rbac::{PermissionName, PolicyRevision, PolicyRows, PolicyUser};
use casbin::CoreApi as _;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{organization, permission, revision, role, rows, user};

/// Roles and users have the same ids. The last user and the last two names
/// never exist.
const IDS: Range<i64> = 1..5;
const NAMES: &[&str] = &[
    "doc.read",
    "doc",
    "role:1",
    "user:2, org:1, access",
    "*",
    "a\"b'c\\",
    "r.sub == p.sub || true",
    "rôle:名前🔑",
    "DOC.READ",
    "doc.read.all",
];
const GRANTABLE: usize = NAMES.len() - 2;

/// A change of policy. Ids that do not exist change nothing.
#[derive(Debug, Clone)]
enum Change {
    Grant(i64, usize),
    Revoke(i64, usize),
    Assign(i64, i64),
    Unassign(i64, i64),
    SetActive(i64, bool),
    SetOrganizationActive(bool),
    AddUser(i64),
    RemoveUser(i64),
    RemoveRole(i64),
}

impl Change {
    fn apply(&self, rows: &mut PolicyRows) {
        rows.revision = PolicyRevision::new(rows.revision.get() + 1);
        match *self {
            Self::Grant(to, name) => {
                let grant = (role(to), permission(1 + i64::try_from(name).unwrap()));
                if !rows.grants.contains(&grant) {
                    rows.grants.push(grant);
                }
            }
            Self::Revoke(from, name) => {
                let grant = (role(from), permission(1 + i64::try_from(name).unwrap()));
                rows.grants.retain(|other| *other != grant);
            }
            Self::Assign(to, id) => {
                if let Some(holder) = find(rows, to)
                    && !holder.roles.contains(&role(id))
                {
                    holder.roles.push(role(id));
                }
            }
            Self::Unassign(from, id) => {
                if let Some(holder) = find(rows, from) {
                    holder.roles.retain(|other| *other != role(id));
                }
            }
            Self::SetActive(id, active) => {
                if let Some(user) = find(rows, id) {
                    user.active = active;
                }
            }
            Self::SetOrganizationActive(active) => rows.organization_active = active,
            Self::AddUser(id) => {
                if find(rows, id).is_none() {
                    rows.users.push(PolicyUser {
                        id: user(id),
                        active: true,
                        roles: Vec::new(),
                    });
                }
            }
            Self::RemoveUser(id) => rows.users.retain(|other| other.id != user(id)),
            Self::RemoveRole(id) => {
                rows.grants.retain(|(other, _)| *other != role(id));
                for user in &mut rows.users {
                    user.roles.retain(|other| *other != role(id));
                }
            }
        }
    }
}

fn find(rows: &mut PolicyRows, id: i64) -> Option<&mut PolicyUser> {
    rows.users.iter_mut().find(|other| other.id == user(id))
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (IDS, 0..GRANTABLE).prop_map(|(to, name)| Change::Grant(to, name)),
        2 => (IDS, 0..GRANTABLE).prop_map(|(from, name)| Change::Revoke(from, name)),
        6 => (IDS, IDS).prop_map(|(to, role)| Change::Assign(to, role)),
        2 => (IDS, IDS).prop_map(|(from, role)| Change::Unassign(from, role)),
        2 => (IDS, any::<bool>()).prop_map(|(id, active)| Change::SetActive(id, active)),
        1 => select(vec![true, true, false]).prop_map(Change::SetOrganizationActive),
        3 => IDS.prop_map(Change::AddUser),
        1 => IDS.prop_map(Change::RemoveUser),
        1 => IDS.prop_map(Change::RemoveRole),
    ]
}

/// An organization with every permission known, every user there, no grants.
fn start() -> PolicyRows {
    PolicyRows {
        permissions: (1i64..)
            .zip(&NAMES[..GRANTABLE])
            .map(|(id, name)| (permission(id), PermissionName::parse(name).unwrap()))
            .collect(),
        grants: Vec::new(),
        users: IDS
            .map(|id| PolicyUser {
                id: user(id),
                active: true,
                roles: Vec::new(),
            })
            .collect(),
        ..rows(1, 1)
    }
}

/// The rule as it is written: some role of the active user, in an active
/// organization, has the permission.
fn allowed_by_the_book(rows: &PolicyRows, asked: UserId, name: &str) -> bool {
    let holder = rows.users.iter().find(|other| other.id == asked);
    let named = rows.permissions.iter().filter(|(_, n)| n.as_str() == name);
    let permissions: Vec<_> = named.map(|(id, _)| *id).collect();
    rows.organization_active
        && holder.is_some_and(|holder| {
            let granted = |(role, permission)| {
                holder.roles.contains(role) && permissions.contains(permission)
            };
            holder.active && rows.grants.iter().any(|(r, p)| granted((r, p)))
        })
}

/// Compares every decision; answers how many allow.
async fn compare(rows: &PolicyRows) -> usize {
    let snapshot = compile(rows);
    let oracle = enforcer(rows).await.unwrap();
    assert_eq!(snapshot.revision(), rows.revision);
    let mut allowed = 0;
    for asked in (IDS.start..=IDS.end).map(user) {
        let mut names = BTreeSet::new();
        for &name in NAMES {
            let expected = allowed_by_the_book(rows, asked, name);
            let asking = format!("{asked:?} {name:?} in {rows:?}");
            assert_eq!(snapshot.check(asked, name), expected, "snapshot: {asking}");
            let enforced = oracle.enforce(request(organization(1), asked, name));
            assert_eq!(enforced.unwrap(), expected, "enforce: {asking}");
            let explained = explain(rows.clone(), asked, name).await.unwrap();
            assert_eq!(explained.allowed, expected, "explain: {asking}");
            assert_eq!(explained.revision, rows.revision);
            names.extend(expected.then_some(name));
        }
        allowed += names.len();
        let listed = snapshot.permissions_of(asked);
        assert_eq!(listed, names.into_iter().collect::<Vec<_>>());
    }
    allowed
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn snapshot_enforcer_and_rows_agree_after_every_change(
        before in proptest::collection::vec(change(), 0..30),
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let mut rows = start();
        for change in &before {
            change.apply(&mut rows);
        }
        block_on(async {
            compare(&rows).await;
            for change in &changes {
                change.apply(&mut rows);
                compare(&rows).await;
            }
        });
    }

    #[test]
    fn any_name_is_allowed_to_the_users_that_have_it_and_to_no_other(
        names in proptest::collection::btree_set("\\PC{1,50}", 2..4),
    ) {
        let names: BTreeSet<_> = names
            .iter()
            .filter_map(|name| PermissionName::parse(name).ok())
            .collect();
        let mut rows = start();
        rows.permissions = (1i64..).map(permission).zip(names).collect();
        rows.grants.extend(rows.permissions.first().map(|(id, _)| (role(1), *id)));
        rows.users[0].roles.push(role(1));
        let snapshot = compile(&rows);
        let oracle = block_on(enforcer(&rows)).unwrap();
        for (index, (_, name)) in rows.permissions.iter().enumerate() {
            for (asked, holds) in [(user(1), true), (user(2), false)] {
                let expected = index == 0 && holds;
                prop_assert_eq!(snapshot.check(asked, name.as_str()), expected);
                let request = request(organization(1), asked, name.as_str());
                prop_assert_eq!(oracle.enforce(request).unwrap(), expected);
            }
        }
    }
}

#[tokio::test]
async fn every_way_denies_what_was_revoked() {
    let mut rows = start();
    for change in [
        Change::Grant(1, 0),
        Change::Grant(2, 0),
        Change::Grant(2, 3),
        Change::Assign(3, 1),
        Change::Assign(3, 2),
    ] {
        change.apply(&mut rows);
    }
    assert_eq!(compare(&rows).await, 2);
    assert_eq!(compile(&rows).roles_of(user(3)), [role(1), role(2)]);

    Change::Unassign(3, 2).apply(&mut rows);
    assert_eq!(compare(&rows).await, 1);
    assert_eq!(compile(&rows).roles_of(user(3)), [role(1)]);

    Change::Revoke(1, 0).apply(&mut rows);
    assert_eq!(compare(&rows).await, 0);
}

#[tokio::test]
async fn a_user_with_the_id_of_a_role_does_not_hold_it() {
    let mut rows = start();
    Change::Grant(2, 0).apply(&mut rows);
    Change::Assign(1, 2).apply(&mut rows);
    assert_eq!(compare(&rows).await, 1);
    let snapshot = compile(&rows);
    assert!(snapshot.check(user(1), "doc.read"));
    assert!(!snapshot.check(user(2), "doc.read"));
}

#[tokio::test]
async fn inactive_users_and_suspended_organizations_are_denied_everything() {
    let mut rows = start();
    Change::Grant(1, 0).apply(&mut rows);
    Change::Assign(1, 1).apply(&mut rows);
    Change::Assign(2, 1).apply(&mut rows);
    assert_eq!(compare(&rows).await, 2);
    Change::SetActive(1, false).apply(&mut rows);
    assert_eq!(compare(&rows).await, 1);
    Change::SetOrganizationActive(false).apply(&mut rows);
    assert_eq!(compare(&rows).await, 0);
    assert_eq!(compile(&rows).roles_of(user(1)), [role(1)]);
}

#[tokio::test]
async fn enforcing_about_another_organization_allows_nothing() {
    let rows = rows(1, 2);
    let oracle = enforcer(&rows).await.unwrap();
    for (asked, expected) in [(1, true), (2, false)] {
        let request = request(organization(asked), user(1), "doc.write");
        assert_eq!(oracle.enforce(request).unwrap(), expected);
    }
}

/// Compiling takes the rules in stretches; the seam must not show.
#[test]
fn a_policy_of_many_thousand_grants_compiles_completely() {
    const ROLES: i64 = 100;
    const PERMISSIONS: i64 = 101;
    let name = |id: i64| format!("permission.{id}");
    let rows = PolicyRows {
        permissions: (1..=PERMISSIONS)
            .map(|id| (permission(id), PermissionName::parse(&name(id)).unwrap()))
            .collect(),
        grants: (1..=ROLES)
            .flat_map(|r| (1..PERMISSIONS).map(move |p| (role(r), permission(p))))
            .collect(),
        users: (1..=ROLES)
            .map(|id| PolicyUser {
                id: user(id),
                active: true,
                roles: vec![role(id)],
            })
            .collect(),
        ..rows(1, 1)
    };
    let snapshot = compile(&rows);
    assert_eq!(snapshot.revision(), revision(1));
    for asked in (1..=ROLES).map(user) {
        for id in 1..PERMISSIONS {
            assert!(snapshot.check(asked, &name(id)));
        }
        assert!(!snapshot.check(asked, &name(PERMISSIONS)));
    }
}
