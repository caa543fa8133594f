use auth_domain::error::{Constraint, PortError};

use crate::access::AccessError;
use crate::error::{Infrastructure, use_case_error};

use_case_error! {
    /// Why an organization could not be shown, made or changed.
    OrganizationError nests [Access(AccessError)] {
        /// There is no such organization.
        NotFound => "organization_not_found", NotFound, "there is no such organization";
        /// Another organization has that name.
        NameTaken => "organization_exists", Conflict, "an organization of that name exists";
        /// RootOrg is not renamed, suspended or opened.
        Protected => "protected_organization", Conflict, "this organization is protected";
    }
}

impl From<PortError> for OrganizationError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotUnique(Constraint::OrganizationName) => Self::NameTaken,
            PortError::MissingReference(Constraint::Organization) => Self::NotFound,
            other => Self::Infrastructure(Infrastructure::Store(other)),
        }
    }
}
