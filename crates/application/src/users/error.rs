use auth_domain::error::{Constraint, PortError};
use auth_domain::rbac::PolicyError;

use crate::error::{Infrastructure, infrastructure_from, use_case_error};
use crate::identity::password_refused_into;

use_case_error! {
    /// Why a user could not be made.
    UserError {
        /// Somebody has that username.
        UsernameTaken => "username_already_exists", Conflict, "the username is taken";
        /// Somebody has that e-mail address.
        EmailTaken => "email_already_exists", Conflict, "the e-mail address is taken";
        /// No such organization, or it takes nobody in: one answer for all.
        OrganizationNotFound => "organization_not_found", NotFound, "there is no such organization to join";
        /// The password is one that everybody tries first.
        PasswordTooCommon => "password_too_common", Unprocessable, "the password is too common, or one of the user's own names";
        /// A role that one cannot choose oneself.
        RoleNotAllowed => "role_not_allowed", Forbidden, "the role cannot be chosen";
    }
}

infrastructure_from!(UserError: PolicyError,);
password_refused_into!(UserError);

impl From<PortError> for UserError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotUnique(Constraint::Username) => Self::UsernameTaken,
            PortError::NotUnique(Constraint::Email) => Self::EmailTaken,
            PortError::MissingReference(Constraint::Organization) => Self::OrganizationNotFound,
            other => Self::Infrastructure(Infrastructure::Store(other)),
        }
    }
}
