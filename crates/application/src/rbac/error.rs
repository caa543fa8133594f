use auth_domain::error::{Constraint, PortError};
use auth_domain::rbac::PolicyError;
use auth_domain::rbac::rules::RuleBroken;

use crate::access::AccessError;
use crate::error::{Infrastructure, infrastructure_from, use_case_error};

use_case_error! {
    /// Why a question about permissions was not answered.
    DecisionError nests [Access(AccessError)] {
        /// No such user in the organization.
        UserNotFound => "user_not_found", NotFound, "there is no such user";
    }
}

infrastructure_from!(DecisionError: PortError, PolicyError,);

use_case_error! {
    /// Why a role, a grant or an assignment could not be shown or changed.
    RoleError nests [Access(AccessError), Rule(RuleBroken)] {
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
    }
}

impl From<PortError> for RoleError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotUnique(Constraint::RoleName) => Self::NameTaken,
            PortError::NotUnique(Constraint::PermissionName) => Self::PermissionNameTaken,
            other => Self::Infrastructure(Infrastructure::Store(other)),
        }
    }
}
