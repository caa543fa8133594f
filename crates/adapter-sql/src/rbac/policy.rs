//! The rows that decisions rest on, all of one moment.
//!
//! A large organization has thousands of grants and assignments, and a row
//! costs far more than a number in it: the lists of one role and of one user
//! come as one row of text, `7,12,31`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::{IdOutOfRange, OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::rbac::{
    PermissionName, PolicyRevision, PolicyRows, PolicyStore, PolicyUser, RoleOverview,
};
use sea_orm::{DatabaseTransaction, QueryResult};

use super::overview::overview;
use crate::SqlStore;
use crate::begin::begin_snapshot;
use crate::errors::port_error;
use crate::sql::{Dialects, Sql, column, id, id_column};

/// How many organizations one query of revisions names.
const REVISIONS_CHUNK: usize = 1_000;

const ORGANIZATION: &str = "
SELECT policy_revision, license_status <> 'suspended'
FROM organizations WHERE organization_id = $1";

const PERMISSIONS: &str = "
SELECT permission_id, name FROM permissions
WHERE permission_id IN (SELECT permission_id FROM role_permissions WHERE organization_id = $1)
ORDER BY permission_id";

const GRANTS_POSTGRES: &str = "
SELECT role_id, string_agg(CAST(permission_id AS text), ',' ORDER BY permission_id)
FROM role_permissions WHERE organization_id = $1 GROUP BY role_id ORDER BY role_id";

const GRANTS_SQLITE: &str = "
SELECT role_id, group_concat(permission_id, ',' ORDER BY permission_id)
FROM role_permissions WHERE organization_id = $1 GROUP BY role_id ORDER BY role_id";

// The status of a user is looked up for each member: joined, PostgreSQL may read
// the users of all organizations for it.
const USERS_POSTGRES: &str = "
SELECT m.user_id, m.status = 'active'
        AND (SELECT u.status = 'active' FROM users u WHERE u.user_id = m.user_id),
    string_agg(CAST(h.role_id AS text), ',' ORDER BY h.assigned_at, h.assignment_id)
FROM memberships m
LEFT JOIN user_roles h ON h.organization_id = m.organization_id AND h.user_id = m.user_id
WHERE m.organization_id = $1
GROUP BY m.organization_id, m.user_id ORDER BY m.user_id";

const USERS_SQLITE: &str = "
SELECT m.user_id, m.status = 'active'
        AND (SELECT u.status = 'active' FROM users u WHERE u.user_id = m.user_id),
    group_concat(h.role_id, ',' ORDER BY h.assigned_at, h.assignment_id)
FROM memberships m
LEFT JOIN user_roles h ON h.organization_id = m.organization_id AND h.user_id = m.user_id
WHERE m.organization_id = $1
GROUP BY m.user_id ORDER BY m.user_id";

const REVISIONS_POSTGRES: &str = "
SELECT organization_id, policy_revision FROM organizations
WHERE organization_id = ANY (CAST('{' || $1 || '}' AS bigint[]))";

const REVISIONS_SQLITE: &str = "
SELECT organization_id, policy_revision FROM organizations
WHERE organization_id IN (SELECT value FROM json_each('[' || $1 || ']'))";

// What one user's decisions rest on: few rows, however large the organization.
macro_rules! user_of {
    ($agg:literal) => {
        concat!(
            "SELECT m.user_id, m.status = 'active' \
                 AND (SELECT u.status = 'active' FROM users u WHERE u.user_id = m.user_id), \
             (SELECT ",
            $agg,
            "(CAST(h.role_id AS text), ',' ORDER BY h.assigned_at, h.assignment_id) \
              FROM user_roles h \
              WHERE h.organization_id = m.organization_id AND h.user_id = m.user_id) \
             FROM memberships m WHERE m.organization_id = $1 AND m.user_id = $2"
        )
    };
}
const USER: Dialects = Dialects {
    postgres: user_of!("string_agg"),
    sqlite: user_of!("group_concat"),
};

const GRANTS_OF_USER: &str = "
SELECT g.role_id, g.permission_id, p.name
FROM user_roles h
JOIN role_permissions g ON g.organization_id = h.organization_id AND g.role_id = h.role_id
JOIN permissions p ON p.permission_id = g.permission_id
WHERE h.organization_id = $1 AND h.user_id = $2
ORDER BY g.role_id, g.permission_id";

#[async_trait]
impl PolicyStore for SqlStore {
    async fn load(&self, organization: OrganizationId) -> Result<Option<PolicyRows>, PortError> {
        let tx = begin_snapshot(self.reads.conn())
            .await
            .map_err(port_error)?;
        let tx = Sql(tx);
        let rows = load(&tx, organization).await?;
        tx.0.commit().await.map_err(port_error)?;
        Ok(rows)
    }

    async fn load_user(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<PolicyRows>, PortError> {
        let tx = begin_snapshot(self.reads.conn())
            .await
            .map_err(port_error)?;
        let tx = Sql(tx);
        let rows = load_user(&tx, organization, user).await?;
        tx.0.commit().await.map_err(port_error)?;
        Ok(rows)
    }

    async fn revisions(
        &self,
        organizations: &[OrganizationId],
    ) -> Result<Vec<(OrganizationId, PolicyRevision)>, PortError> {
        let query = if self.reads.is_postgres() {
            REVISIONS_POSTGRES
        } else {
            REVISIONS_SQLITE
        };
        let mut found = Vec::with_capacity(organizations.len());
        for chunk in organizations.chunks(REVISIONS_CHUNK) {
            let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
            for row in self.reads.all(query, [ids.join(",").into()]).await? {
                let revision = PolicyRevision::new(column(&row, 1)?);
                found.push((id_column(&row, 0)?, revision));
            }
        }
        Ok(found)
    }

    async fn overview(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Vec<RoleOverview>>, PortError> {
        let tx = begin_snapshot(self.reads.conn())
            .await
            .map_err(port_error)?;
        let tx = Sql(tx);
        let roles = overview(&tx, organization).await?;
        tx.0.commit().await.map_err(port_error)?;
        Ok(roles)
    }
}

async fn load(
    tx: &Sql<DatabaseTransaction>,
    organization: OrganizationId,
) -> Result<Option<PolicyRows>, PortError> {
    let Some(row) = tx.one(ORGANIZATION, [organization.get().into()]).await? else {
        return Ok(None);
    };
    let (grants, users) = if tx.is_postgres() {
        (GRANTS_POSTGRES, USERS_POSTGRES)
    } else {
        (GRANTS_SQLITE, USERS_SQLITE)
    };
    let permissions = tx.all(PERMISSIONS, [organization.get().into()]).await?;
    let grants = tx.all(grants, [organization.get().into()]).await?;
    let users = tx.all(users, [organization.get().into()]).await?;
    Ok(Some(PolicyRows {
        organization_id: organization,
        revision: PolicyRevision::new(column(&row, 0)?),
        organization_active: column(&row, 1)?,
        permissions: permissions
            .iter()
            .map(permission)
            .collect::<Result<_, _>>()?,
        grants: all_grants(&grants)?,
        users: users.iter().map(user).collect::<Result<_, _>>()?,
    }))
}

async fn load_user(
    tx: &Sql<DatabaseTransaction>,
    organization: OrganizationId,
    id: UserId,
) -> Result<Option<PolicyRows>, PortError> {
    let Some(row) = tx.one(ORGANIZATION, [organization.get().into()]).await? else {
        return Ok(None);
    };
    let of_user = [organization.get().into(), id.get().into()];
    let found = tx.one(tx.in_dialect(&USER), of_user.clone()).await?;
    let granted = tx.all(GRANTS_OF_USER, of_user).await?;
    let mut permissions = BTreeMap::new();
    let mut grants = Vec::with_capacity(granted.len());
    for row in &granted {
        let permission: PermissionId = id_column(row, 1)?;
        grants.push((id_column(row, 0)?, permission));
        permissions.insert(permission, PermissionName::from_stored(column(row, 2)?));
    }
    Ok(Some(PolicyRows {
        organization_id: organization,
        revision: PolicyRevision::new(column(&row, 0)?),
        organization_active: column(&row, 1)?,
        permissions: permissions.into_iter().collect(),
        grants,
        users: found.iter().map(user).collect::<Result<_, _>>()?,
    }))
}

fn permission(row: &QueryResult) -> Result<(PermissionId, PermissionName), PortError> {
    let name = PermissionName::from_stored(column(row, 1)?);
    Ok((id_column(row, 0)?, name))
}

fn all_grants(rows: &[QueryResult]) -> Result<Vec<(RoleId, PermissionId)>, PortError> {
    let mut grants = Vec::new();
    for row in rows {
        let role: RoleId = id_column(row, 0)?;
        let list: String = column(row, 1)?;
        for permission in ids(&list) {
            grants.push((role, permission?));
        }
    }
    Ok(grants)
}

fn user(row: &QueryResult) -> Result<PolicyUser, PortError> {
    let roles: Option<String> = column(row, 2)?;
    let id: UserId = id_column(row, 0)?;
    Ok(PolicyUser {
        id,
        active: column(row, 1)?,
        roles: ids(roles.as_deref().unwrap_or_default()).collect::<Result<_, _>>()?,
    })
}

/// The ids of a list such as `7,12,31`.
pub(crate) fn ids<I>(list: &str) -> impl Iterator<Item = Result<I, PortError>>
where
    I: TryFrom<i64, Error = IdOutOfRange>,
{
    list.split(',').filter(|text| !text.is_empty()).map(|text| {
        let number: i64 = text.parse().map_err(PortError::corrupt)?;
        id(number)
    })
}
