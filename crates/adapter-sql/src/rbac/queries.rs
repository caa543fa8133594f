//! Reads of roles and of the permission catalogue.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::page::{Page, PageKey, PageRequest};
use auth_domain::rbac::{CatalogueEntry, PermissionName, Role, RoleQueries, RoleWithPermissions};
use auth_domain::text::{PermissionDescription, RoleDescription, RoleName};
use sea_orm::QueryResult;

use super::{ids, sorted_names, system_role};
use crate::sql::{Connection, Dialects, Sql, column, id_column};

/// A query of roles with their permissions in one row of text; `$agg` is the
/// database's function for that.
macro_rules! with_permissions {
    ($agg:literal, $rest:literal) => {
        concat!(
            "SELECT r.role_id, r.organization_id, r.name, r.description, r.system_role, \
             r.created_at, r.updated_at, (SELECT ",
            $agg,
            "(CAST(g.permission_id AS text), ',' ORDER BY g.permission_id) \
              FROM role_permissions g \
              WHERE g.organization_id = r.organization_id AND g.role_id = r.role_id) \
             FROM roles r WHERE r.organization_id = $1 AND ",
            $rest
        )
    };
}

macro_rules! on_both {
    ($rest:literal) => {
        Dialects {
            postgres: with_permissions!("string_agg", $rest),
            sqlite: with_permissions!("group_concat", $rest),
        }
    };
}

const ONE: Dialects = on_both!("r.role_id = $2");
const PAGE: Dialects = on_both!("r.role_id > $2 ORDER BY r.role_id LIMIT $3");

const PERMISSION: &str = "
SELECT permission_id, name, description, created_at FROM permissions WHERE permission_id = $1";

const PERMISSION_PAGE: &str = "
SELECT permission_id, name, description, created_at FROM permissions
WHERE permission_id > $1 ORDER BY permission_id LIMIT $2";

const OF_ROLE: &str = "
SELECT p.name FROM role_permissions g JOIN permissions p ON p.permission_id = g.permission_id
WHERE g.organization_id = $1 AND g.role_id = $2";

const OF_USER: &str = "
SELECT name FROM permissions WHERE permission_id IN (
    SELECT g.permission_id FROM user_roles h
    JOIN role_permissions g
        ON g.organization_id = h.organization_id AND g.role_id = h.role_id
    WHERE h.organization_id = $1 AND h.user_id = $2)";

const OF_HOLDERS: &str = "
SELECT name FROM permissions WHERE permission_id IN (
    SELECT g.permission_id FROM role_permissions g
    WHERE g.organization_id = $1 AND g.role_id IN (
        SELECT o.role_id FROM user_roles h
        JOIN user_roles o ON o.organization_id = h.organization_id AND o.user_id = h.user_id
        WHERE h.organization_id = $1 AND h.role_id = $2))";

const ROLES_OF_USER: &str = "
SELECT role_id FROM user_roles WHERE organization_id = $1 AND user_id = $2
ORDER BY assigned_at, assignment_id";

const HOLDERS: &str = "
SELECT count(*) FROM user_roles WHERE organization_id = $1 AND role_id = $2";

const OTHER_ACTIVE_HOLDER: &str = "
SELECT EXISTS (
    SELECT 1 FROM user_roles h
    JOIN users u ON u.organization_id = h.organization_id AND u.user_id = h.user_id
    WHERE h.organization_id = $1 AND h.role_id = $2 AND h.user_id <> $3
        AND u.status = 'active')";

#[async_trait]
impl<C: Connection> RoleQueries for Sql<C> {
    async fn find(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<Option<RoleWithPermissions>, PortError> {
        let values = [organization.get().into(), role.get().into()];
        let row = self.one(self.in_dialect(&ONE), values).await?;
        row.as_ref().map(role_with_permissions).transpose()
    }

    async fn list(
        &self,
        organization: OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<RoleWithPermissions>, PortError> {
        let (after, limit) = bounds(page);
        let values = [organization.get().into(), after.into(), limit.into()];
        let rows = self.all(self.in_dialect(&PAGE), values).await?;
        let found = rows.iter().map(role_with_permissions);
        let found: Vec<RoleWithPermissions> = found.collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page, |found| {
            PageKey(vec![found.role.id.get()])
        }))
    }

    async fn find_permission(
        &self,
        permission: PermissionId,
    ) -> Result<Option<CatalogueEntry>, PortError> {
        let row = self.one(PERMISSION, [permission.get().into()]).await?;
        row.as_ref().map(catalogue_entry).transpose()
    }

    async fn list_permissions(
        &self,
        page: &PageRequest,
    ) -> Result<Page<CatalogueEntry>, PortError> {
        let (after, limit) = bounds(page);
        let values = [after.into(), limit.into()];
        let rows = self.all(PERMISSION_PAGE, values).await?;
        let found = rows.iter().map(catalogue_entry);
        let found: Vec<CatalogueEntry> = found.collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page, |found| {
            PageKey(vec![found.id.get()])
        }))
    }

    async fn permissions_of_role(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<Vec<PermissionName>, PortError> {
        let values = [organization.get().into(), role.get().into()];
        sorted_names(&self.all(OF_ROLE, values).await?)
    }

    async fn roles_of_user(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<RoleId>, PortError> {
        let values = [organization.get().into(), user.get().into()];
        let rows = self.all(ROLES_OF_USER, values).await?;
        rows.iter().map(|row| id_column(row, 0)).collect()
    }

    async fn permissions_of_user(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<PermissionName>, PortError> {
        let values = [organization.get().into(), user.get().into()];
        sorted_names(&self.all(OF_USER, values).await?)
    }

    async fn permissions_of_holders(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<Vec<PermissionName>, PortError> {
        let values = [organization.get().into(), role.get().into()];
        sorted_names(&self.all(OF_HOLDERS, values).await?)
    }

    async fn count_holders(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<u64, PortError> {
        let values = [organization.get().into(), role.get().into()];
        let row = self.one(HOLDERS, values).await?;
        let count: i64 = row.map_or(Ok(0), |row| column(&row, 0))?;
        u64::try_from(count).map_err(PortError::corrupt)
    }

    async fn has_other_active_holder(
        &self,
        organization: OrganizationId,
        role: RoleId,
        besides: UserId,
    ) -> Result<bool, PortError> {
        let (organization, role, besides) = (organization.get(), role.get(), besides.get());
        let values = [organization.into(), role.into(), besides.into()];
        let row = self.one(OTHER_ACTIVE_HOLDER, values).await?;
        row.map_or(Ok(false), |row| column(&row, 0))
    }
}

/// The id that a page starts after, and how many rows to fetch.
fn bounds(page: &PageRequest) -> (i64, i64) {
    // A key that is no key of this list starts after every row.
    let key = page.after().map(|PageKey(key)| key.first().copied());
    let after = key.map_or(0, |key| key.unwrap_or(i64::MAX));
    (after, i64::from(page.limit()) + 1)
}

fn role_with_permissions(row: &QueryResult) -> Result<RoleWithPermissions, PortError> {
    let description: Option<String> = column(row, 3)?;
    let system: Option<String> = column(row, 4)?;
    let role = Role {
        id: id_column(row, 0)?,
        organization_id: id_column(row, 1)?,
        name: RoleName::from_stored(column(row, 2)?),
        description: description.map(RoleDescription::from_stored),
        system: system_role(system.as_deref())?,
        created_at: column(row, 5)?,
        updated_at: column(row, 6)?,
    };
    let permissions: Option<String> = column(row, 7)?;
    Ok(RoleWithPermissions {
        role,
        permissions: ids(permissions.as_deref().unwrap_or_default()).collect::<Result<_, _>>()?,
    })
}

fn catalogue_entry(row: &QueryResult) -> Result<CatalogueEntry, PortError> {
    let description: Option<String> = column(row, 2)?;
    Ok(CatalogueEntry {
        id: id_column(row, 0)?,
        name: PermissionName::from_stored(column(row, 1)?),
        description: description.map(PermissionDescription::from_stored),
        created_at: column(row, 3)?,
    })
}
