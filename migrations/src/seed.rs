//! What every installation starts with, as upserts: each can run again in a
//! later migration when the domain's catalogue has grown.

use auth_domain::ids::OrganizationId;
use auth_domain::organizations::{
    DEFAULT_ORGANIZATION_NAME, OrganizationKind, ROOT_ORGANIZATION_NAME,
};
use auth_domain::rbac::{Permission, SystemRole};
use auth_domain::text::NameKey;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use crate::dialect::{render, run};

/// Adds the permissions that the catalogue has and the database lacks, and
/// brings the descriptions up to date.
pub(crate) async fn catalogue(conn: &impl ConnectionTrait) -> Result<(), DbErr> {
    for permission in Permission::ALL {
        let values = [permission.name().into(), permission.description().into()];
        execute(
            conn,
            "INSERT INTO permissions (name, description, created_at) VALUES ($1, $2, {now}) \
             ON CONFLICT (name) DO UPDATE SET description = excluded.description",
            values,
        )
        .await?;
    }
    Ok(())
}

/// Adds Default Organization under its fixed id, and RootOrg.
pub(crate) async fn organizations(conn: &impl ConnectionTrait) -> Result<(), DbErr> {
    execute(
        conn,
        "INSERT INTO organizations \
             (organization_id, name, name_key, kind, license_status, created_at, updated_at) \
         VALUES ($1, $2, $3, 'tenant', 'active', {now}, {now}) \
         ON CONFLICT (organization_id) DO NOTHING",
        [
            OrganizationId::DEFAULT.get().into(),
            DEFAULT_ORGANIZATION_NAME.into(),
            NameKey::of(DEFAULT_ORGANIZATION_NAME).as_str().into(),
        ],
    )
    .await?;
    if conn.get_database_backend() == DbBackend::Postgres {
        // An id that was given does not move the sequence; SQLite's does.
        run(
            conn,
            "SELECT setval(pg_get_serial_sequence('organizations', 'organization_id'), \
                 (SELECT max(organization_id) FROM organizations))",
        )
        .await?;
    }
    execute(
        conn,
        "INSERT INTO organizations (name, name_key, kind, license_status, created_at, updated_at) \
         SELECT CAST($1 AS text), CAST($2 AS text), 'root', 'active', {now}, {now} \
         WHERE NOT EXISTS (SELECT 1 FROM organizations WHERE kind = 'root')",
        [
            ROOT_ORGANIZATION_NAME.into(),
            NameKey::of(ROOT_ORGANIZATION_NAME).as_str().into(),
        ],
    )
    .await
}

/// Gives every organization the system roles of its kind, and every system
/// role the permissions that it has at least. Takes nothing away.
pub(crate) async fn system_roles(conn: &impl ConnectionTrait) -> Result<(), DbErr> {
    let statement = Statement::from_string(
        conn.get_database_backend(),
        "SELECT organization_id, kind FROM organizations",
    );
    for row in conn.query_all_raw(statement).await? {
        let id: i64 = row.try_get_by_index(0)?;
        let kind: String = row.try_get_by_index(1)?;
        let organization = OrganizationId::new(id).map_err(|e| DbErr::Custom(e.to_string()))?;
        let kind = OrganizationKind::parse(&kind)
            .ok_or_else(|| DbErr::Custom("organizations.kind is no known word".to_owned()))?;
        for role in [SystemRole::admin_of(kind), SystemRole::Member] {
            add_role(conn, organization, role).await?;
        }
    }
    for role in SystemRole::ALL {
        add_grants(conn, *role).await?;
    }
    Ok(())
}

async fn add_role(
    conn: &impl ConnectionTrait,
    organization: OrganizationId,
    role: SystemRole,
) -> Result<(), DbErr> {
    let name = role.name_in(organization);
    execute(
        conn,
        "INSERT INTO roles \
             (organization_id, name, name_key, description, system_role, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, {now}, {now}) \
         ON CONFLICT (organization_id, system_role) DO NOTHING",
        [
            organization.get().into(),
            name.as_str().into(),
            name.key().as_str().into(),
            role.description().as_str().into(),
            role.as_str().into(),
        ],
    )
    .await
}

async fn add_grants(conn: &impl ConnectionTrait, role: SystemRole) -> Result<(), DbErr> {
    for permission in role.permissions() {
        execute(
            conn,
            "INSERT INTO role_permissions (organization_id, role_id, permission_id, created_at) \
             SELECT r.organization_id, r.role_id, p.permission_id, {now} \
             FROM roles r CROSS JOIN permissions p \
             WHERE r.system_role = $1 AND p.name = $2 \
             ON CONFLICT (role_id, permission_id) DO NOTHING",
            [role.as_str().into(), permission.name().into()],
        )
        .await?;
    }
    Ok(())
}

async fn execute<const N: usize>(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<(), DbErr> {
    let backend = conn.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, render(sql, backend), values);
    conn.execute_raw(statement).await?;
    Ok(())
}
