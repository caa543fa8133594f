use auth_domain::error::{Constraint, PortError};
use auth_domain::rbac::PolicyError;

use crate::error::{Infrastructure, infrastructure_from, use_case_error};
use crate::identity::password_refused_into;
use crate::rbac::guards::GuardError;

use_case_error! {
    /// Why a user could not be shown, made or changed.
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
        /// Not the caller's to do.
        Forbidden => "forbidden", Forbidden, "the caller may not do this";
        /// A role that grants what the caller does not hold.
        CannotGrant => "cannot_grant", Forbidden, "nobody grants what they do not hold";
        /// No such user for this caller.
        NotFound => "user_not_found", NotFound, "there is no such user";
        /// A role of another organization, or of none.
        RoleNotInOrganization => "role_not_in_organization", BadRequest, "the organization has no such role";
        /// The organization would be left without an active admin.
        LastAdmin => "last_admin", Conflict, "the last active admin of an organization stays one";
        /// Every user has an e-mail address.
        EmailRequired => "email_required", BadRequest, "an e-mail address is needed";
        /// Somebody has the address that a user shall change to.
        NewEmailTaken => "email_already_exists", BadRequest, "the e-mail address is taken";
        /// The username is the e-mail address and would become too long.
        UsernameTooLong => "username_too_long", BadRequest, "the address is too long to be the username too";
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

impl From<GuardError> for UserError {
    fn from(error: GuardError) -> Self {
        match error {
            GuardError::Forbidden => Self::Forbidden,
            GuardError::CannotGrant => Self::CannotGrant,
            GuardError::LastAdmin => Self::LastAdmin,
            GuardError::RoleNotFound => Self::RoleNotInOrganization,
            GuardError::Infrastructure(e) => Self::Infrastructure(e),
        }
    }
}
