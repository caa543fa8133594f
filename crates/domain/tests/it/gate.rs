//! The gate, and what a caller may do behind it.

use auth_domain::identity::{GateRefusal, admit};
use auth_domain::organizations::{LicenseStatus, OrganizationKind};
use auth_domain::rbac::{Permission, PermissionName};
use auth_domain::users::UserStatus;

use crate::support::{account, admission, at, authority, user_id};

#[test]
fn a_live_session_of_an_active_user_is_admitted_until_it_ends() {
    for second in [0, 99] {
        assert_eq!(
            admit(Some(admission()), user_id(1), at(second)),
            Ok(account())
        );
    }
    let expired = Err(GateRefusal::SessionExpired);
    assert_eq!(admit(Some(admission()), user_id(1), at(100)), expired);
    let mut slid = admission();
    slid.session.expires_at = at(900);
    assert_eq!(
        admit(Some(slid.clone()), user_id(1), at(199)),
        Ok(account())
    );
    assert_eq!(admit(Some(slid), user_id(1), at(200)), expired);
}

#[test]
fn a_session_admits_its_own_user_only() {
    let not_found = Err(GateRefusal::SessionNotFound);
    assert_eq!(admit(None, user_id(1), at(1)), not_found);
    assert_eq!(admit(Some(admission()), user_id(2), at(1)), not_found);
}

#[test]
fn the_first_reason_of_the_contract_is_told() {
    let mut closed = admission();
    closed.account.license_status = LicenseStatus::Suspended;
    let told = |closed: &auth_domain::identity::Admission| {
        admit(Some(closed.clone()), user_id(1), at(100)).unwrap_err()
    };
    closed.account.status = UserStatus::Inactive;
    closed.session.revoked_at = Some(at(5));
    assert_eq!(told(&closed), GateRefusal::SessionRevoked);
    closed.session.revoked_at = None;
    assert_eq!(told(&closed), GateRefusal::SessionExpired);
    closed.session.expires_at = at(150);
    assert_eq!(told(&closed), GateRefusal::AccountInactive);
    closed.account.status = UserStatus::Active;
    assert_eq!(told(&closed), GateRefusal::OrganizationSuspended);
    closed.account.license_status = LicenseStatus::Expired;
    assert!(admit(Some(closed), user_id(1), at(100)).is_ok());
}

#[test]
fn each_refusal_has_the_code_of_the_wire() {
    for (refusal, code) in [
        (GateRefusal::SessionNotFound, "session_not_found"),
        (GateRefusal::SessionRevoked, "session_revoked"),
        (GateRefusal::SessionExpired, "session_expired"),
        (GateRefusal::AccountInactive, "account_inactive"),
        (GateRefusal::OrganizationSuspended, "organization_suspended"),
    ] {
        assert_eq!(refusal.code(), code);
    }
}

#[test]
fn the_own_names_are_those_of_the_account() {
    let mut names = account();
    let all = ["ana", "Anna", "a.lund@example.com", "a.lund", "Lund"];
    assert_eq!(names.own_names(), all);
    names.last_name = None;
    assert_eq!(names.own_names(), all[..4]);
}

#[test]
fn an_authority_holds_what_its_roles_grant_and_nothing_else() {
    let caller = authority([Permission::UserRead]);
    assert!(caller.holds(Permission::UserRead));
    assert!(!caller.holds(Permission::UserUpdate));
    let [read, update] = [Permission::UserRead, Permission::UserUpdate].map(PermissionName::from);
    assert!(caller.holds_all([]));
    assert!(caller.holds_all([&read]));
    assert!(!caller.holds_all([&read, &update]));
}

#[test]
fn crossing_needs_root_org_the_permission_and_that_of_the_platform() {
    let (own, platform) = (Permission::UserRead, Permission::PlatformUsersManage);
    assert_eq!(own.crosses_by(), platform);
    for kind in [OrganizationKind::Tenant, OrganizationKind::Root] {
        for held in [vec![], vec![own], vec![platform], vec![own, platform]] {
            let both = held.len() == 2;
            let mut caller = authority(held);
            caller.account.organization_kind = kind;
            assert_eq!(caller.crosses(own), both && kind == OrganizationKind::Root);
        }
    }
}
