use auth_domain::error::PortError;
use auth_domain::rbac::PolicyError;

use crate::error::{infrastructure_from, use_case_error};

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
