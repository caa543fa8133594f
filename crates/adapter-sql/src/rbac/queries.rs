//! Reads of roles and of the permission catalogue.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::page::{Page, PageRequest, PermissionKey, RoleKey};
use auth_domain::rbac::{
    CatalogueEntry, CatalogueQueries, GrantQueries, GrantedPermission, PermissionName, Role,
    RoleQueries, RoleWithGrants, RoleWithPermissions, SystemRole,
};
use auth_domain::text::{PermissionDescription, RoleDescription, RoleName};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryResult};

use super::{ids, sorted_names, system_role};
use crate::entities::role::{Column, Entity, Model};
use crate::errors::port_error;
use crate::list::{Filter, Keyset};
use crate::sql::{Connection, Dialects, Sql, column, id, id_column};

/// The ids of a role's permissions in one text; `$agg` is the database's
/// function for that.
macro_rules! permission_ids {
    ($agg:literal) => {
        concat!(
            "(SELECT ",
            $agg,
            "(CAST(g.permission_id AS text), ',' ORDER BY g.permission_id) \
              FROM role_permissions g \
              WHERE g.organization_id = roles.organization_id AND g.role_id = roles.role_id)"
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
              WHERE g.organization_id = r.organization_id AND g.role_id = r.role_id) AS grants \
             FROM roles r WHERE r.organization_id = $1 AND r.role_id = $2"
        )
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

/// The permissions of a role in one text.
const PERMISSION_IDS: Dialects = Dialects {
    postgres: permission_ids!("string_agg"),
    sqlite: permission_ids!("group_concat"),
};

const PERMISSION: &str = "
SELECT permission_id, name, description, created_at FROM permissions WHERE permission_id = $1";

const OF_HOLDERS: &str = "
SELECT name FROM permissions WHERE permission_id IN (
    SELECT g.permission_id FROM role_permissions g
    WHERE g.organization_id = $1 AND g.role_id IN (
        SELECT o.role_id FROM user_roles h
        JOIN user_roles o ON o.organization_id = h.organization_id AND o.user_id = h.user_id
        WHERE h.organization_id = $1 AND h.role_id = $2))";

const HOLDERS: &str = "
SELECT count(*) FROM user_roles WHERE organization_id = $1 AND role_id = $2";

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
        page: &PageRequest<RoleKey>,
    ) -> Result<Page<RoleWithPermissions, RoleKey>, PortError> {
        let select = Query::select()
            .columns([
                "role_id",
                "organization_id",
                "name",
                "description",
                "system_role",
                "created_at",
                "updated_at",
            ])
            .expr_as(
                Expr::cust(self.in_dialect(&PERMISSION_IDS)),
                "permission_ids",
            )
            .from("roles")
            .to_owned();
        let filter = Filter::all().equals("organization_id", Some(organization.get()));
        let keyset = Keyset::by("role_id", page.after().map(|RoleKey(id)| id.get()));
        let key = |found: &RoleWithPermissions| RoleKey(found.role.id);
        self.page(select, filter, keyset, page, role_with_permissions, key)
            .await
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

    async fn list(
        &self,
        page: &PageRequest<PermissionKey>,
    ) -> Result<Page<CatalogueEntry, PermissionKey>, PortError> {
        let select = Query::select()
            .columns(["permission_id", "name", "description", "created_at"])
            .from("permissions")
            .to_owned();
        let after = page.after().map(|PermissionKey(id)| id.get());
        let keyset = Keyset::by("permission_id", after);
        let key = |entry: &CatalogueEntry| PermissionKey(entry.id);
        self.page(select, Filter::all(), keyset, page, catalogue_entry, key)
            .await
    }
}

fn role(row: &QueryResult) -> Result<Role, PortError> {
    let description: Option<String> = column(row, "description")?;
    let system: Option<String> = column(row, "system_role")?;
    Ok(Role {
        id: id_column(row, "role_id")?,
        organization_id: id_column(row, "organization_id")?,
        name: RoleName::from_stored(column(row, "name")?),
        description: description.map(RoleDescription::from_stored),
        system: system_role(system.as_deref())?,
        created_at: column(row, "created_at")?,
        updated_at: column(row, "updated_at")?,
    })
}

fn role_with_permissions(row: &QueryResult) -> Result<RoleWithPermissions, PortError> {
    let permissions: Option<String> = column(row, "permission_ids")?;
    Ok(RoleWithPermissions {
        role: role(row)?,
        permissions: ids(permissions.as_deref().unwrap_or_default()).collect::<Result<_, _>>()?,
    })
}

fn catalogue_entry(row: &QueryResult) -> Result<CatalogueEntry, PortError> {
    let description: Option<String> = column(row, "description")?;
    Ok(CatalogueEntry {
        id: id_column(row, "permission_id")?,
        name: PermissionName::from_stored(column(row, "name")?),
        description: description.map(PermissionDescription::from_stored),
        created_at: column(row, "created_at")?,
    })
}

fn role_with_grants(row: &QueryResult) -> Result<RoleWithGrants, PortError> {
    let grants: Option<String> = column(row, "grants")?;
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
