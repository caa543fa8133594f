//! Permissions, roles, grants and assignments.
//!
//! Grants and assignments name their organization, and their references are
//! composite: a role of one organization cannot be given to a user of another.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHEMA: &str = "
CREATE TABLE permissions (
    permission_id {identity} CONSTRAINT permissions_pkey PRIMARY KEY {autoincrement},
    name text NOT NULL,
    description text,
    created_at {time} NOT NULL,
    CONSTRAINT permissions_name_key UNIQUE (name),
    CONSTRAINT permissions_name_check CHECK (length(name) BETWEEN 1 AND 50)
) {strict};

CREATE TABLE roles (
    role_id {identity} CONSTRAINT roles_pkey PRIMARY KEY {autoincrement},
    organization_id {bigint} NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    description text,
    system_role text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT roles_organization_id_name_key_key UNIQUE (organization_id, name_key),
    CONSTRAINT roles_organization_id_role_id_key UNIQUE (organization_id, role_id),
    CONSTRAINT roles_organization_id_system_role_key UNIQUE (organization_id, system_role),
    CONSTRAINT roles_organization_id_fkey
        FOREIGN KEY (organization_id) REFERENCES organizations (organization_id),
    CONSTRAINT roles_lengths_check
        CHECK (length(name) BETWEEN 1 AND 50 AND length(description) <= 255),
    CONSTRAINT roles_system_role_check
        CHECK (system_role IN ('super_admin', 'organization_admin', 'member'))
) {strict};

CREATE TABLE role_permissions (
    organization_id {bigint} NOT NULL,
    role_id {bigint} NOT NULL,
    permission_id {bigint} NOT NULL,
    created_at {time} NOT NULL,
    CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, permission_id),
    CONSTRAINT role_permissions_role_id_fkey FOREIGN KEY (organization_id, role_id)
        REFERENCES roles (organization_id, role_id) ON DELETE CASCADE,
    CONSTRAINT role_permissions_permission_id_fkey
        FOREIGN KEY (permission_id) REFERENCES permissions (permission_id)
) {strict};

CREATE INDEX role_permissions_organization_id_idx
    ON role_permissions (organization_id, role_id, permission_id);
CREATE INDEX role_permissions_permission_id_idx ON role_permissions (permission_id);

-- The assignment's own id breaks ties between assignments of one instant.
CREATE TABLE user_roles (
    assignment_id {identity} CONSTRAINT user_roles_pkey PRIMARY KEY {autoincrement},
    organization_id {bigint} NOT NULL,
    user_id {bigint} NOT NULL,
    role_id {bigint} NOT NULL,
    assigned_at {time} NOT NULL,
    CONSTRAINT user_roles_user_id_role_id_key UNIQUE (user_id, role_id),
    CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT user_roles_role_id_fkey FOREIGN KEY (organization_id, role_id)
        REFERENCES roles (organization_id, role_id) ON DELETE CASCADE
) {strict};

CREATE INDEX user_roles_organization_id_idx
    ON user_roles (organization_id, user_id, assigned_at, assignment_id, role_id);
CREATE INDEX user_roles_role_id_idx
    ON user_roles (role_id, assigned_at, assignment_id, user_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
