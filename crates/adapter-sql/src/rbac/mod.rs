//! Roles, grants, assignments, and the rows that decisions rest on.

mod overview;
mod policy;
mod queries;
mod repo;

pub(crate) use policy::ids;

use auth_domain::error::PortError;
use auth_domain::rbac::{PermissionName, SystemRole};
use sea_orm::QueryResult;

use crate::sql::{column, word};

fn system_role(text: Option<&str>) -> Result<Option<SystemRole>, PortError> {
    text.map(|text| word(SystemRole::parse, text, "roles.system_role"))
        .transpose()
}

/// The names in the first column, in one order on both databases.
fn sorted_names(rows: &[QueryResult]) -> Result<Vec<PermissionName>, PortError> {
    let names = rows.iter().map(|row| column(row, 0));
    let mut names: Vec<PermissionName> = names
        .map(|name| name.map(PermissionName::from_stored))
        .collect::<Result<_, _>>()?;
    names.sort_unstable();
    Ok(names)
}

/// The names of a JSON list of text, sorted.
pub(crate) fn permission_names(list: Option<&str>) -> Result<Vec<PermissionName>, PortError> {
    let names: Vec<String> =
        serde_json::from_str(list.unwrap_or("[]")).map_err(PortError::corrupt)?;
    let mut names: Vec<_> = names.into_iter().map(PermissionName::from_stored).collect();
    names.sort_unstable();
    Ok(names)
}
