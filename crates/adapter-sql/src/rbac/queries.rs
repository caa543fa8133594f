//! Reads of roles and of the permission catalogue.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::page::{Page, PageKey, PageRequest};
use auth_domain::rbac::{
    AdminFacts, CatalogueEntry, CatalogueQueries, GrantQueries, GrantedPermission, PermissionName,
    Role, RoleQueries, RoleWithGrants, RoleWithPermissions, SystemRole,
};
use auth_domain::text::{PermissionDescription, RoleDescription, RoleName};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryResult};

use super::{ids, sorted_names, system_role};
use crate::entities::role::{Column, Entity, Model};
use crate::errors::port_error;
use crate::sql::{Connection, Dialects, Sql, column, id, id_column};

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

/// A query of one role with its grants as one JSON list; `$agg` makes it.
macro_rules! with_grants {
    ($agg:literal) => {
        concat!(
            "SELECT r.role_id, r.organization_id, r.name, r.description, r.system_role, \
             r.created_at, r.updated_at, (SELECT ",
            $agg,
            " FROM role_permissions g JOIN permissions p ON p.permission_id = g.permission_id \
              WHERE g.organization_id = r.organization_id AND g.role_id = r.role_id) \
             FROM roles r WHERE r.organization_id = $1 AND r.role_id = $2"
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

const ONE: Dialects = Dialects {
    postgres: with_grants!(
        "json_agg(json_build_array(p.permission_id, p.name) \
         ORDER BY p.permission_id)::text"
    ),
    sqlite: with_grants!(
        "json_group_array(json_array(p.permission_id, p.name) \
         ORDER BY p.permission_id)"
    ),
};
const PAGE: Dialects = on_both!("r.role_id > $2 ORDER BY r.role_id LIMIT $3");

const PERMISSION: &str = "
SELECT permission_id, name, description, created_at FROM permissions WHERE permission_id = $1";

const PERMISSION_PAGE: &str = "
SELECT permission_id, name, description, created_at FROM permissions
WHERE permission_id > $1 ORDER BY permission_id LIMIT $2";

const OF_HOLDERS: &str = "
SELECT name FROM permissions WHERE permission_id IN (
    SELECT g.permission_id FROM role_permissions g
    WHERE g.organization_id = $1 AND g.role_id IN (
        SELECT o.role_id FROM user_roles h
        JOIN user_roles o ON o.organization_id = h.organization_id AND o.user_id = h.user_id
        WHERE h.organization_id = $1 AND h.role_id = $2))";

const HOLDERS: &str = "
SELECT count(*) FROM user_roles WHERE organization_id = $1 AND role_id = $2";

// The admin role of an organization's kind, and whether another active user
// holds it.
const ADMINS_BESIDES: &str = "
SELECT r.role_id, EXISTS (
    SELECT 1 FROM user_roles h
    JOIN memberships m ON m.organization_id = h.organization_id AND m.user_id = h.user_id
    JOIN users u ON u.user_id = h.user_id
    WHERE h.organization_id = r.organization_id AND h.role_id = r.role_id
        AND h.user_id <> $2 AND u.status = 'active' AND m.status = 'active')
FROM roles r
WHERE r.organization_id = $1 AND r.system_role IN ('super_admin', 'organization_admin')";

#[async_trait]
impl<C: Connection> RoleQueries for Sql<C> {
    async fn find_with_grants(
        &self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<Option<RoleWithGrants>, PortError> {
        let values = [organization.get().into(), role.get().into()];
        let row = self.one(self.in_dialect(&ONE), values).await?;
        row.as_ref().map(role_with_grants).transpose()
    }

    async fn find_system(
        &self,
        organization: OrganizationId,
        role: SystemRole,
    ) -> Result<Option<Role>, PortError> {
        let row = Entity::find()
            .filter(Column::OrganizationId.eq(organization.get()))
            .filter(Column::SystemRole.eq(role.as_str()))
            .one(self.conn())
            .await;
        row.map_err(port_error)?.map(to_domain).transpose()
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
}

#[async_trait]
impl<C: Connection> GrantQueries for Sql<C> {
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

    async fn admins_besides(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<AdminFacts, PortError> {
        let values = [organization.get().into(), user.get().into()];
        let Some(row) = self.one(ADMINS_BESIDES, values).await? else {
            return Ok(AdminFacts {
                role: None,
                has_other_active_holder: false,
            });
        };
        Ok(AdminFacts {
            role: Some(id_column(&row, 0)?),
            has_other_active_holder: column(&row, 1)?,
        })
    }

    async fn first_holder(&self, role: RoleId) -> Result<Option<UserId>, PortError> {
        let row = self
            .one(
                "SELECT user_id FROM user_roles WHERE role_id = $1 \
                 ORDER BY assigned_at, assignment_id LIMIT 1",
                [role.get().into()],
            )
            .await?;
        row.map(|row| id_column(&row, 0)).transpose()
    }
}

#[async_trait]
impl<C: Connection> CatalogueQueries for Sql<C> {
    async fn find(&self, permission: PermissionId) -> Result<Option<CatalogueEntry>, PortError> {
        let row = self.one(PERMISSION, [permission.get().into()]).await?;
        row.as_ref().map(catalogue_entry).transpose()
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<CatalogueEntry>, PortError> {
        let (after, limit) = bounds(page);
        let values = [after.into(), limit.into()];
        let rows = self.all(PERMISSION_PAGE, values).await?;
        let found = rows.iter().map(catalogue_entry);
        let found: Vec<CatalogueEntry> = found.collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page, |found| {
            PageKey(vec![found.id.get()])
        }))
    }
}

/// The id that a page starts after, and how many rows to fetch.
fn bounds(page: &PageRequest) -> (i64, i64) {
    // A key that is no key of this list starts after every row.
    let key = page.after().map(|PageKey(key)| key.first().copied());
    let after = key.map_or(0, |key| key.unwrap_or(i64::MAX));
    (after, i64::from(page.limit()) + 1)
}

/// A role by the first seven columns.
fn role(row: &QueryResult) -> Result<Role, PortError> {
    let description: Option<String> = column(row, 3)?;
    let system: Option<String> = column(row, 4)?;
    Ok(Role {
        id: id_column(row, 0)?,
        organization_id: id_column(row, 1)?,
        name: RoleName::from_stored(column(row, 2)?),
        description: description.map(RoleDescription::from_stored),
        system: system_role(system.as_deref())?,
        created_at: column(row, 5)?,
        updated_at: column(row, 6)?,
    })
}

fn role_with_permissions(row: &QueryResult) -> Result<RoleWithPermissions, PortError> {
    let permissions: Option<String> = column(row, 7)?;
    Ok(RoleWithPermissions {
        role: role(row)?,
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

fn role_with_grants(row: &QueryResult) -> Result<RoleWithGrants, PortError> {
    let grants: Option<String> = column(row, 7)?;
    let grants: Vec<(PermissionId, String)> =
        serde_json::from_str(grants.as_deref().unwrap_or("[]")).map_err(PortError::corrupt)?;
    let grants = grants.into_iter().map(|(id, name)| GrantedPermission {
        id,
        name: PermissionName::from_stored(name),
    });
    Ok(RoleWithGrants {
        role: role(row)?,
        grants: grants.collect(),
    })
}

fn to_domain(row: Model) -> Result<Role, PortError> {
    Ok(Role {
        id: id(row.role_id)?,
        organization_id: id(row.organization_id)?,
        name: RoleName::from_stored(row.name),
        description: row.description.map(RoleDescription::from_stored),
        system: system_role(row.system_role.as_deref())?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
