//! Writes of roles, grants and assignments.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::rbac::{
    CatalogueRepo, GrantRepo, NewPermission, NewRole, Permission, Role, RoleRepo, SystemRole,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, Value,
};

use crate::entities::role::{ActiveModel, Column, Entity};
use crate::errors::{port_error, refers_to};
use crate::sql::{Dialects, Sql, column, id, id_column};

// One permission a statement: its text is constant. Role and permission are
// rows of the statement itself, so a role of another organization grants
// nothing, even where that role has the permission already.
const GRANT: &str = "
INSERT INTO role_permissions (organization_id, role_id, permission_id, created_at)
SELECT r.organization_id, r.role_id, p.permission_id, $4
FROM roles r CROSS JOIN permissions p
WHERE r.organization_id = $1 AND r.role_id = $2 AND p.name = $3
ON CONFLICT (role_id, permission_id) DO NOTHING";

const GRANTED: &str = "
SELECT EXISTS (SELECT 1 FROM roles WHERE organization_id = $1 AND role_id = $2),
    EXISTS (SELECT 1 FROM permissions WHERE name = $3)";

const GRANT_ONE: &str = "
INSERT INTO role_permissions (organization_id, role_id, permission_id, created_at)
SELECT r.organization_id, r.role_id, p.permission_id, $4
FROM roles r CROSS JOIN permissions p
WHERE r.organization_id = $1 AND r.role_id = $2 AND p.permission_id = $3
ON CONFLICT (role_id, permission_id) DO NOTHING";

const GRANTED_ONE: &str = "
SELECT EXISTS (SELECT 1 FROM roles WHERE organization_id = $1 AND role_id = $2),
    EXISTS (SELECT 1 FROM permissions WHERE permission_id = $3)";

const REVOKE: &str = "
DELETE FROM role_permissions
WHERE organization_id = $1 AND role_id = $2 AND permission_id = $3";

const INSERT_PERMISSION: &str = "
INSERT INTO permissions (name, description, created_at) VALUES ($1, $2, $3)
RETURNING permission_id";

const UNASSIGN: &str = "
DELETE FROM user_roles WHERE organization_id = $1 AND user_id = $2 AND role_id = $3";

// Grants and assignments go with it.
const DELETE: &str = "DELETE FROM roles WHERE organization_id = $1 AND role_id = $2";

macro_rules! assign {
    () => {
        "INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at) \
         SELECT m.organization_id, m.user_id, r.role_id, $4 \
         FROM memberships m JOIN roles r ON r.organization_id = m.organization_id \
         WHERE m.organization_id = $1 AND m.user_id = $2 AND r.role_id = $3 \
         ON CONFLICT (user_id, role_id) DO NOTHING"
    };
}
macro_rules! unassign_others {
    () => {
        "DELETE FROM user_roles \
         WHERE organization_id = $1 AND user_id = $2 AND role_id IS DISTINCT FROM $3"
    };
}

const ASSIGN: &str = assign!();

// PostgreSQL does it in one statement: a request waits for each that it sends.
const UNASSIGN_OTHERS: &str = unassign_others!();
const REPLACE: Dialects = Dialects {
    postgres: concat!("WITH lost AS (", unassign_others!(), ") ", assign!()),
    sqlite: assign!(),
};

const ASSIGNED: &str = "
SELECT EXISTS (SELECT 1 FROM memberships WHERE organization_id = $1 AND user_id = $2),
    EXISTS (SELECT 1 FROM roles WHERE organization_id = $1 AND role_id = $3)";

#[async_trait]
impl RoleRepo for Sql<DatabaseTransaction> {
    async fn insert(&mut self, new: &NewRole) -> Result<RoleId, PortError> {
        let description = new.description.as_ref();
        let row = ActiveModel {
            role_id: NotSet,
            organization_id: Set(new.organization_id.get()),
            name: Set(new.name.as_str().to_owned()),
            name_key: Set(new.name.key().as_str().to_owned()),
            description: Set(description.map(|text| text.as_str().to_owned())),
            system_role: Set(new.system.map(SystemRole::as_str).map(str::to_owned)),
            created_at: Set(new.created_at),
            updated_at: Set(new.created_at),
        };
        let inserted = Entity::insert(row)
            .exec(self.conn())
            .await
            .map_err(port_error)
            .map_err(refers_to(Constraint::Organization))?;
        id(inserted.last_insert_id)
    }

    async fn update(&mut self, role: &Role) -> Result<(), PortError> {
        let description = role.description.as_ref();
        let row = ActiveModel {
            name: Set(role.name.as_str().to_owned()),
            name_key: Set(role.name.key().as_str().to_owned()),
            description: Set(description.map(|text| text.as_str().to_owned())),
            updated_at: Set(role.updated_at),
            ..ActiveModel::default()
        };
        let result = Entity::update_many()
            .set(row)
            .filter(Column::OrganizationId.eq(role.organization_id.get()))
            .filter(Column::RoleId.eq(role.id.get()))
            .exec(self.conn())
            .await
            .map_err(port_error)?;
        if result.rows_affected == 0 {
            return Err(PortError::Stale);
        }
        Ok(())
    }

    async fn delete(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<bool, PortError> {
        let values = [organization.get().into(), role.get().into()];
        Ok(self.execute(DELETE, values).await? > 0)
    }
}

#[async_trait]
impl GrantRepo for Sql<DatabaseTransaction> {
    async fn grant_all(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
        permissions: &[Permission],
        at: Timestamp,
    ) -> Result<u64, PortError> {
        let (organization, role) = (organization.get(), role.get());
        let mut granted = 0;
        for permission in permissions {
            let name = permission.name();
            let values = [organization.into(), role.into(), name.into(), at.into()];
            let new = self.execute(GRANT, values).await?;
            granted += new;
            if new == 0 {
                self.explain_no_grant(organization, role, name).await?;
            }
        }
        if permissions.is_empty() {
            self.explain_no_grant(organization, role, Permission::OrgRead.name())
                .await?;
        }
        Ok(granted)
    }

    async fn grant(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
        permission: PermissionId,
        at: Timestamp,
    ) -> Result<bool, PortError> {
        let (organization, role) = (organization.get(), role.get());
        let permission = permission.get();
        let values = [
            organization.into(),
            role.into(),
            permission.into(),
            at.into(),
        ];
        if self.execute(GRANT_ONE, values).await? > 0 {
            return Ok(true);
        }
        let values = [organization.into(), role.into(), permission.into()];
        let references = [Constraint::Role, Constraint::Permission];
        self.require(GRANTED_ONE, values, references).await?;
        Ok(false)
    }

    async fn revoke(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
        permission: PermissionId,
    ) -> Result<bool, PortError> {
        let (organization, role) = (organization.get(), role.get());
        let values = [organization.into(), role.into(), permission.get().into()];
        Ok(self.execute(REVOKE, values).await? > 0)
    }

    async fn assign(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        role: RoleId,
        at: Timestamp,
    ) -> Result<bool, PortError> {
        let (organization, user, role) = (organization.get(), user.get(), role.get());
        let values = [organization.into(), user.into(), role.into(), at.into()];
        if self.execute(ASSIGN, values).await? > 0 {
            return Ok(true);
        }
        let values = [organization.into(), user.into(), role.into()];
        self.require(ASSIGNED, values, [Constraint::User, Constraint::Role])
            .await?;
        Ok(false)
    }

    async fn unassign(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        role: RoleId,
    ) -> Result<bool, PortError> {
        let (organization, user) = (organization.get(), user.get());
        let values = [organization.into(), user.into(), role.get().into()];
        Ok(self.execute(UNASSIGN, values).await? > 0)
    }

    async fn replace(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        role: Option<RoleId>,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let (organization, user) = (organization.get(), user.get());
        let role = Value::from(role.map(RoleId::get));
        let others = [organization.into(), user.into(), role.clone()];
        if !self.is_postgres() {
            self.execute(UNASSIGN_OTHERS, others.clone()).await?;
        }
        let values = [organization.into(), user.into(), role.clone(), at.into()];
        let new = self.execute(self.in_dialect(&REPLACE), values).await?;
        if new == 0 && role != Value::BigInt(None) {
            self.require(ASSIGNED, others, [Constraint::User, Constraint::Role])
                .await?;
        }
        Ok(())
    }
}

#[async_trait]
impl CatalogueRepo for Sql<DatabaseTransaction> {
    async fn insert(&mut self, new: &NewPermission) -> Result<PermissionId, PortError> {
        let description = new.description.as_ref();
        let values = [
            new.name.as_str().into(),
            description.map(|text| text.as_str().to_owned()).into(),
            new.created_at.into(),
        ];
        let row = self.one(INSERT_PERMISSION, values).await?;
        let row = row.ok_or_else(|| PortError::corrupt("an insert without row"))?;
        id_column(&row, 0)
    }
}

impl Sql<DatabaseTransaction> {
    /// Whether nothing was granted because a row is missing.
    async fn explain_no_grant(
        &self,
        organization: i64,
        role: i64,
        permission: &str,
    ) -> Result<(), PortError> {
        let values = [organization.into(), role.into(), permission.into()];
        self.require(GRANTED, values, [Constraint::Role, Constraint::Permission])
            .await
    }

    /// Answers the first of the references that a query of truth values says
    /// is missing.
    async fn require<const N: usize, const M: usize>(
        &self,
        query: &'static str,
        values: [sea_orm::Value; N],
        references: [Constraint; M],
    ) -> Result<(), PortError> {
        let row = self.one(query, values).await?;
        let row = row.ok_or_else(|| PortError::corrupt("a query without row"))?;
        for (index, reference) in references.into_iter().enumerate() {
            if !column::<bool>(&row, index)? {
                return Err(PortError::MissingReference(reference));
            }
        }
        Ok(())
    }
}
