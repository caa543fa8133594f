use auth_domain::error::{Constraint, PortError};
use auth_domain::rbac::rules::RuleBroken;

use crate::access::AccessError;
use crate::error::{Infrastructure, infrastructure_from, use_case_error};
use crate::identity::PasswordRefused;

use_case_error! {
    /// Why an account could not be made: one of its names is another user's.
    AccountTaken {
        /// Another user has that username.
        Username => "username_already_exists", Conflict, "the username is taken";
        /// Another user has that e-mail address.
        Email => "email_already_exists", Conflict, "the e-mail address is taken";
    }
}

impl From<PortError> for AccountTaken {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotUnique(Constraint::Username) => Self::Username,
            PortError::NotUnique(Constraint::Email) => Self::Email,
            other => Self::Infrastructure(Infrastructure::Store(other)),
        }
    }
}

use_case_error! {
    /// Why a user could not be shown, made or changed.
    UserError nests [
        Access(AccessError),
        Rule(RuleBroken),
        Taken(AccountTaken),
        Password(PasswordRefused)
    ] {
        /// No such user for this caller.
        NotFound => "user_not_found", NotFound, "there is no such user";
        /// A role of another organization, or of none.
        RoleNotInOrganization => "role_not_in_organization", BadRequest, "the organization has no such role";
        /// Every user has an e-mail address.
        EmailRequired => "email_required", BadRequest, "an e-mail address is needed";
        /// Another user has the address that a user shall change to.
        NewEmailTaken => "email_already_exists", BadRequest, "the e-mail address is taken";
        /// The username is the e-mail address and would become too long.
        UsernameTooLong => "username_too_long", BadRequest, "the address is too long to be the username too";
    }
}

infrastructure_from!(UserError: PortError,);

impl UserError {
    /// Whether it tells that another user has a name or an address.
    pub(super) fn tells_taken(&self) -> bool {
        match self {
            Self::NewEmailTaken => true,
            Self::Taken(taken) => !matches!(taken, AccountTaken::Infrastructure(_)),
            _ => false,
        }
    }
}

use_case_error! {
    /// Why a user could not join an organization.
    RegistrationError nests [Taken(AccountTaken), Password(PasswordRefused)] {
        /// No such organization, or it takes no one in: one answer for all.
        Closed => "organization_not_found", NotFound, "there is no such organization to join";
        /// A role that a user cannot choose.
        RoleNotAllowed => "role_not_allowed", Forbidden, "the role cannot be chosen";
    }
}

impl From<PortError> for RegistrationError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::MissingReference(Constraint::Organization) => Self::Closed,
            other => Self::Infrastructure(Infrastructure::Store(other)),
        }
    }
}
