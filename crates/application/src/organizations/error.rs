use auth_domain::error::{Constraint, PortError};
use auth_domain::rbac::PolicyError;

use crate::error::{Infrastructure, infrastructure_from, use_case_error};

use_case_error! {
    /// Why an organization could not be shown, made or changed.
    OrganizationError {
        /// Not the caller's organization, or not a change it may make.
        Forbidden => "forbidden", Forbidden, "the caller may not do this";
        /// There is no such organization.
        NotFound => "organization_not_found", NotFound, "there is no such organization";
        /// Another organization has that name.
        NameTaken => "organization_exists", Conflict, "an organization of that name exists";
        /// RootOrg is not renamed, suspended or opened.
        Protected => "protected_organization", Conflict, "this organization is protected";
    }
}

infrastructure_from!(OrganizationError: PolicyError,);

impl From<PortError> for OrganizationError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotUnique(Constraint::OrganizationName) => Self::NameTaken,
            PortError::MissingReference(Constraint::Organization) => Self::NotFound,
            other => Self::Infrastructure(Infrastructure::Store(other)),
        }
    }
}
