use auth_domain::error::{Constraint, PortError};
use auth_domain::rbac::PolicyError;

use super::GuardError;
use crate::error::{Infrastructure, infrastructure_from, use_case_error};

use_case_error! {
    /// Why a question about permissions was not answered.
    DecisionError {
        /// Not the caller's to ask.
        Forbidden => "forbidden", Forbidden, "the caller may not do this";
        /// No such user in the organization.
        UserNotFound => "user_not_found", NotFound, "there is no such user";
        /// No such organization for this caller.
        OrganizationNotFound => "organization_not_found", NotFound, "there is no such organization";
    }
}

infrastructure_from!(DecisionError: PortError, PolicyError,);

use_case_error! {
    /// Why a role, a grant or an assignment could not be shown or changed.
    RoleError {
        /// Not the caller's to do.
        Forbidden => "forbidden", Forbidden, "the caller may not do this";
        /// A right that the caller does not hold, or that the organization
        /// cannot have.
        CannotGrant => "cannot_grant", Forbidden, "nobody grants what they do not hold";
        /// No such organization for this caller.
        OrganizationNotFound => "organization_not_found", NotFound, "there is no such organization";
        /// No such role in the organization.
        RoleNotFound => "role_not_found", NotFound, "there is no such role";
        /// No such permission in the catalogue.
        PermissionNotFound => "permission_not_found", NotFound, "there is no such permission";
        /// No such user in the organization.
        UserNotFound => "user_not_found", NotFound, "there is no such user";
        /// The role does not have the permission.
        NotGranted => "role_permission_not_found", NotFound, "the role does not have the permission";
        /// The role has the permission already.
        AlreadyGranted => "role_permission_exists", Conflict, "the role has the permission already";
        /// The user does not hold the role.
        NotAssigned => "role_not_assigned", Conflict, "the user does not hold the role";
        /// Another role of the organization has the name, or it is kept for
        /// the service's own roles.
        NameTaken => "role_name_exists", Conflict, "a role of that name exists, or the name is reserved";
        /// There is a permission of that name.
        PermissionNameTaken => "permission_name_exists", Conflict, "a permission of that name exists";
        /// A role that the service makes stays as it is.
        SystemRole => "system_role", Conflict, "a system role stays as it is";
        /// The organization would be left without an active admin.
        LastAdmin => "last_admin", Conflict, "the last active admin of an organization stays one";
    }
}

infrastructure_from!(RoleError: PolicyError,);

impl From<PortError> for RoleError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotUnique(Constraint::RoleName) => Self::NameTaken,
            PortError::NotUnique(Constraint::PermissionName) => Self::PermissionNameTaken,
            other => Self::Infrastructure(Infrastructure::Store(other)),
        }
    }
}

impl From<GuardError> for RoleError {
    fn from(error: GuardError) -> Self {
        match error {
            GuardError::Forbidden => Self::Forbidden,
            GuardError::CannotGrant => Self::CannotGrant,
            GuardError::LastAdmin => Self::LastAdmin,
            GuardError::RoleNotFound => Self::RoleNotFound,
            GuardError::Infrastructure(e) => Self::Infrastructure(e),
        }
    }
}
