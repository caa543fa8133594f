//! The rules about rights: each beside a second, naive reading of it.

use auth_domain::identity::Authority;
use auth_domain::organizations::{Organization, OrganizationKind};
use auth_domain::rbac::rules::{
    AdminFacts, RuleBroken, Touch, can_have, is_another, keeps_an_admin, may_grant, may_lose,
    outranks,
};
use auth_domain::rbac::{Permission, PermissionName, SystemRole};
use auth_domain::users::UserStatus;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{authority, organization, role_id, user, user_id};

use Permission::{PlatformRbacManage, PlatformUsersManage, RoleRead, UserRead};

fn some_permissions() -> impl Strategy<Value = Vec<Permission>> {
    vec(
        select(vec![
            RoleRead,
            UserRead,
            PlatformUsersManage,
            PlatformRbacManage,
        ]),
        0..4,
    )
}

fn a_kind() -> impl Strategy<Value = OrganizationKind> {
    select(vec![OrganizationKind::Tenant, OrganizationKind::Root])
}

/// A caller of organization 1, and the organization of the change: its own or
/// another.
fn a_caller() -> impl Strategy<Value = (Authority, Organization)> {
    (some_permissions(), a_kind(), 1..=2_i64, a_kind()).prop_map(|(held, kind, of, theirs)| {
        let mut caller = authority(held);
        caller.account.organization_kind = kind;
        // RootOrg is one.
        let theirs = match (of, kind) {
            (1, kind) => kind,
            (_, OrganizationKind::Root) => OrganizationKind::Tenant,
            _ => theirs,
        };
        (caller, organization(of, theirs))
    })
}

fn names(permissions: &[Permission]) -> Vec<PermissionName> {
    permissions
        .iter()
        .copied()
        .map(PermissionName::from)
        .collect()
}

fn of_platform(permissions: &[Permission]) -> bool {
    permissions.contains(&PlatformRbacManage) || permissions.contains(&PlatformUsersManage)
}

/// A manager of the platform's roles, in another organization than its own.
fn manages_roles_there(caller: &Authority, organization: &Organization) -> bool {
    let account = &caller.account;
    account.organization_kind == OrganizationKind::Root
        && account.organization_id != organization.id
        && caller.permissions.contains(&PlatformRbacManage.into())
}

proptest! {
    #[test]
    fn a_user_who_holds_more_is_touched_by_nobody_but_a_manager_of_roles_and_only_there(
        (caller, organization) in a_caller(),
        theirs in some_permissions(),
    ) {
        let holds_all = theirs.iter().all(|held| caller.permissions.contains(&(*held).into()));
        let excepted = manages_roles_there(&caller, &organization) && !of_platform(&theirs);
        let theirs = names(&theirs);
        for (touch, allowed) in [(Touch::Account, holds_all), (Touch::Roles, holds_all || excepted)] {
            let expected = if allowed { Ok(()) } else { Err(RuleBroken::Forbidden) };
            prop_assert_eq!(outranks(&caller, &organization, &theirs, touch), expected);
        }
    }

    #[test]
    fn a_caller_grants_what_it_holds_and_the_platforms_rights_in_root_org_only(
        (caller, organization) in a_caller(),
        wanted in some_permissions(),
    ) {
        let there = organization.kind == OrganizationKind::Root || !of_platform(&wanted);
        let holds_all = wanted.iter().all(|held| caller.permissions.contains(&(*held).into()));
        let free = manages_roles_there(&caller, &organization);
        let answer = |allowed| if allowed { Ok(()) } else { Err(RuleBroken::CannotGrant) };
        let wanted = names(&wanted);
        prop_assert_eq!(can_have(&organization, &wanted), answer(there));
        let may = may_grant(&caller, &organization, &wanted);
        prop_assert_eq!(may, answer(there && (holds_all || free)));
    }

    #[test]
    fn the_last_active_admin_stays_one(
        held in vec(1..=3_i64, 0..3),
        lost in 1..=3_i64,
        admin in proptest::option::of(1..=3_i64),
        active in any::<bool>(),
        has_other_active_holder in any::<bool>(),
    ) {
        let mut found = user(&held, &[]);
        found.admins = AdminFacts { role: admin.map(role_id), has_other_active_holder };
        found.user.user.status = if active { UserStatus::Active } else { UserStatus::Inactive };
        let is_last = active
            && !has_other_active_holder
            && admin.is_some_and(|admin| held.contains(&admin));
        let answer = |broken| if broken { Err(RuleBroken::LastAdmin) } else { Ok(()) };
        prop_assert_eq!(keeps_an_admin(&found), answer(is_last));
        let broken = is_last && admin == Some(lost);
        prop_assert_eq!(may_lose(&found, role_id(lost)), answer(broken));
    }
}

#[test]
fn a_caller_does_not_change_its_own_rights() {
    let caller = authority([]);
    assert_eq!(is_another(&caller, user_id(1)), Err(RuleBroken::Forbidden));
    assert_eq!(is_another(&caller, user_id(2)), Ok(()));
}

#[test]
fn an_admin_has_all_rights_of_its_organization_and_a_superuser_those_of_the_platform_too() {
    let of = |role: SystemRole| role.permissions().collect::<Vec<_>>();
    assert_eq!(of(SystemRole::SuperAdmin), Permission::ALL);
    let platform = |permission: &Permission| permission.name().starts_with("platform.");
    let mut all = Permission::ALL.to_vec();
    all.retain(|permission| !platform(permission));
    assert_eq!(of(SystemRole::OrganizationAdmin), all);
    assert_eq!((Permission::ALL.len(), all.len()), (47, 41));
    let member = of(SystemRole::Member).into_iter().map(Permission::name);
    let mut member: Vec<_> = member.collect();
    member.sort_unstable();
    let expected = [
        "feedback.create",
        "support.comment",
        "support.ticket.create",
        "support.ticket.read",
    ];
    assert_eq!(member, expected);
}
