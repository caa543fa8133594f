//! The policy of an organization as people read it.

use std::collections::HashMap;

use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::rbac::{PermissionName, PermissionOverview, RoleOverview, UserOverview};
use auth_domain::text::{PermissionDescription, PersonName, RoleDescription, RoleName, Username};
use sea_orm::{DatabaseTransaction, QueryResult};

use crate::identity::member_status;
use crate::sql::{Sql, column, id_column};

const ORGANIZATION: &str = "SELECT 1 FROM organizations WHERE organization_id = $1";

const ROLES: &str = "SELECT role_id, name, description FROM roles WHERE organization_id = $1";

const GRANTS: &str = "
SELECT g.role_id, p.permission_id, p.name, p.description
FROM role_permissions g JOIN permissions p ON p.permission_id = g.permission_id
WHERE g.organization_id = $1";

const HOLDERS: &str = "
SELECT h.role_id, u.user_id, u.username, u.first_name, u.last_name, u.status, m.status
FROM user_roles h
JOIN memberships m ON m.organization_id = h.organization_id AND m.user_id = h.user_id
JOIN users u ON u.user_id = h.user_id
WHERE h.organization_id = $1";

/// The roles of an organization; `None`: there is no such organization.
/// Sorted here, so that both databases have one order.
pub(super) async fn overview(
    tx: &Sql<DatabaseTransaction>,
    organization: OrganizationId,
) -> Result<Option<Vec<RoleOverview>>, PortError> {
    let id = organization.get();
    if tx.one(ORGANIZATION, [id.into()]).await?.is_none() {
        return Ok(None);
    }
    let mut permissions = by_role(&tx.all(GRANTS, [id.into()]).await?, permission)?;
    let mut users = by_role(&tx.all(HOLDERS, [id.into()]).await?, user)?;
    let mut roles = Vec::new();
    for row in &tx.all(ROLES, [id.into()]).await? {
        let id: RoleId = id_column(row, 0)?;
        let mut permissions = permissions.remove(&id).unwrap_or_default();
        permissions.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut users = users.remove(&id).unwrap_or_default();
        users.sort_unstable_by(|a, b| a.username.cmp(&b.username));
        let description: Option<String> = column(row, 2)?;
        roles.push(RoleOverview {
            id,
            name: RoleName::from_stored(column(row, 1)?),
            description: description.map(RoleDescription::from_stored),
            permissions,
            users,
        });
    }
    roles.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(roles))
}

/// What belongs to each role, which the first column names.
fn by_role<T>(
    rows: &[QueryResult],
    read: impl Fn(&QueryResult) -> Result<T, PortError>,
) -> Result<HashMap<RoleId, Vec<T>>, PortError> {
    let mut found: HashMap<RoleId, Vec<T>> = HashMap::new();
    for row in rows {
        found
            .entry(id_column(row, 0)?)
            .or_default()
            .push(read(row)?);
    }
    Ok(found)
}

fn permission(row: &QueryResult) -> Result<PermissionOverview, PortError> {
    let description: Option<String> = column(row, 3)?;
    Ok(PermissionOverview {
        id: id_column(row, 1)?,
        name: PermissionName::from_stored(column(row, 2)?),
        description: description.map(PermissionDescription::from_stored),
    })
}

fn user(row: &QueryResult) -> Result<UserOverview, PortError> {
    let last_name: Option<String> = column(row, 4)?;
    Ok(UserOverview {
        id: id_column(row, 1)?,
        username: Username::from_stored(column(row, 2)?),
        first_name: PersonName::from_stored(column(row, 3)?),
        last_name: last_name.map(PersonName::from_stored),
        status: member_status(row, 5)?,
    })
}
