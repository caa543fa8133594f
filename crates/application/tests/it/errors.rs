//! Codes and classes of errors, which decide what the wire says.

use auth_application::access::AccessError;
use auth_application::bootstrap::BootstrapError;
use auth_application::error::{ErrorKind, Infrastructure, UseCaseError};
use auth_application::identity::{AuthError, PasswordRefused, RecoveryError};
use auth_application::organizations::OrganizationError;
use auth_application::rbac::RoleError;
use auth_application::users::{AccountTaken, RegistrationError, UserError};
use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{GateRefusal, HashError, TokenError};
use auth_domain::rbac::PolicyError;
use auth_domain::rbac::rules::RuleBroken;
use auth_domain::security::{LimitRule, Quota, RateLimited};

fn busy() -> PortError {
    PortError::Retryable("deadlock".into())
}

fn limited() -> RateLimited {
    RateLimited {
        rule: LimitRule::WrongToken,
        quota: Quota {
            limit: 1,
            window: std::time::Duration::from_secs(1),
        },
        retry_after: std::time::Duration::from_secs(1),
    }
}

#[track_caller]
fn told(error: &dyn UseCaseError, code: &str, kind: ErrorKind) {
    assert_eq!((error.code(), error.kind()), (code, kind), "{error:?}");
}

#[test]
fn a_port_that_fails_is_told_by_what_it_lacks() {
    let away = || PortError::Unavailable("away".into());
    let backend = || PortError::Backend("defect".into());
    let failed = HashError::Failed("memory".to_owned());
    let token = TokenError("no key".to_owned());
    for (error, code, kind) in [
        (
            Infrastructure::from(away()),
            "store_unavailable",
            ErrorKind::Unavailable,
        ),
        (busy().into(), "busy", ErrorKind::Busy),
        (backend().into(), "internal_error", ErrorKind::Internal),
        (
            PortError::Stale.into(),
            "internal_error",
            ErrorKind::Internal,
        ),
        (HashError::Busy.into(), "busy", ErrorKind::Busy),
        (
            HashError::Malformed.into(),
            "internal_error",
            ErrorKind::Internal,
        ),
        (failed.into(), "internal_error", ErrorKind::Internal),
        (token.into(), "internal_error", ErrorKind::Internal),
        (
            PolicyError::Unavailable(None).into(),
            "policy_unavailable",
            ErrorKind::Unavailable,
        ),
        (limited().into(), "rate_limited", ErrorKind::TooMany),
    ] {
        told(&error, code, kind);
        assert!(error.infrastructure().is_some());
    }
}

#[test]
fn only_a_lost_race_may_run_again() {
    assert!(Infrastructure::from(busy()).lost_race());
    assert!(AuthError::from(busy()).lost_race());
    assert!(UserError::from(AccessError::from(busy())).lost_race());
    assert!(!AuthError::from(PortError::Stale).lost_race());
    assert!(!Infrastructure::from(HashError::Busy).lost_race());
    assert!(!AuthError::WrongPassword.lost_race());
    assert!(!UserError::from(AccessError::Forbidden).lost_race());
}

#[test]
fn the_gates_refusals_are_unauthenticated_wherever_they_are_met() {
    for (refusal, code) in [
        (GateRefusal::SessionNotFound, "session_not_found"),
        (GateRefusal::SessionRevoked, "session_revoked"),
        (GateRefusal::SessionExpired, "session_expired"),
        (GateRefusal::AccountInactive, "account_inactive"),
        (GateRefusal::OrganizationSuspended, "organization_suspended"),
    ] {
        told(&refusal, code, ErrorKind::Unauthenticated);
        assert!(UseCaseError::infrastructure(&refusal).is_none());
        let nested = RoleError::from(AccessError::from(refusal));
        told(&nested, code, ErrorKind::Unauthenticated);
        assert!(nested.infrastructure().is_none());
    }
}

#[test]
fn a_broken_rule_is_forbidden_and_a_last_admin_a_conflict() {
    for (broken, code, kind) in [
        (RuleBroken::Forbidden, "forbidden", ErrorKind::Forbidden),
        (
            RuleBroken::CannotGrant,
            "cannot_grant",
            ErrorKind::Forbidden,
        ),
        (RuleBroken::LastAdmin, "last_admin", ErrorKind::Conflict),
    ] {
        told(&broken, code, kind);
        assert!(broken.infrastructure().is_none());
        told(&UserError::from(broken), code, kind);
    }
}

#[test]
fn a_nested_error_is_told_as_by_itself() {
    let nested = RegistrationError::from(AccountTaken::Username);
    told(&nested, "username_already_exists", ErrorKind::Conflict);
    let nested = BootstrapError::from(OrganizationError::NameTaken);
    told(&nested, "organization_exists", ErrorKind::Conflict);
    let nested = RecoveryError::from(PasswordRefused::TooCommon);
    told(&nested, "password_too_common", ErrorKind::Unprocessable);
    let nested = BootstrapError::from(OrganizationError::from(limited()));
    told(&nested, "rate_limited", ErrorKind::TooMany);
    assert!(nested.infrastructure().is_some());
}

#[test]
fn a_constraint_is_told_in_the_words_of_its_context() {
    let taken = |constraint| PortError::NotUnique(constraint);
    let missing = |constraint| PortError::MissingReference(constraint);
    let conflict = ErrorKind::Conflict;
    let username = AccountTaken::from(taken(Constraint::Username));
    told(&username, "username_already_exists", conflict);
    let email = AccountTaken::from(taken(Constraint::Email));
    told(&email, "email_already_exists", conflict);
    let name = OrganizationError::from(taken(Constraint::OrganizationName));
    told(&name, "organization_exists", conflict);
    let gone = OrganizationError::from(missing(Constraint::Organization));
    told(&gone, "organization_not_found", ErrorKind::NotFound);
    let role = RoleError::from(taken(Constraint::RoleName));
    told(&role, "role_name_exists", conflict);
    let permission = RoleError::from(taken(Constraint::PermissionName));
    told(&permission, "permission_name_exists", conflict);
    let closed = RegistrationError::from(missing(Constraint::Organization));
    told(&closed, "organization_not_found", ErrorKind::NotFound);
}

#[test]
fn a_constraint_of_another_context_is_a_defect() {
    let other = || PortError::NotUnique(Constraint::Other);
    for error in [
        &AccountTaken::from(other()) as &dyn UseCaseError,
        &OrganizationError::from(other()),
        &RoleError::from(other()),
        &RegistrationError::from(other()),
        &UserError::from(other()),
    ] {
        told(error, "internal_error", ErrorKind::Internal);
    }
}
