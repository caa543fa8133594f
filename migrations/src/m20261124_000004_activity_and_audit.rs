//! Sign-in activity and the audit log.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// A failed sign-in may name nobody we know: then there is no user, and a keyed
// hash of the name stands for it.
const SCHEMA: &str = "
CREATE TABLE login_activity (
    login_id {identity} CONSTRAINT login_activity_pkey PRIMARY KEY {autoincrement},
    organization_id {bigint},
    user_id {bigint},
    login_name_hash {bytes},
    login_timestamp {time} NOT NULL,
    ip_address text,
    device_info text,
    login_success {boolean} NOT NULL,
    failed_attempt_count {integer},
    login_method text NOT NULL,
    login_location text,
    CONSTRAINT login_activity_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT login_activity_login_method_check
        CHECK (login_method IN ('standard', 'oauth', 'sso', 'multi_factor')),
    CONSTRAINT login_activity_lengths_check CHECK (
        length(ip_address) <= 45 AND length(device_info) <= 255
        AND length(login_location) <= 255)
) {strict};

CREATE INDEX login_activity_organization_id_idx
    ON login_activity (organization_id, login_timestamp DESC, login_id DESC);
CREATE INDEX login_activity_user_id_idx
    ON login_activity (user_id, login_timestamp DESC, login_id DESC);
CREATE INDEX login_activity_login_timestamp_idx ON login_activity (login_timestamp);

CREATE TABLE audit_logs (
    log_id {identity} CONSTRAINT audit_logs_pkey PRIMARY KEY {autoincrement},
    organization_id {bigint} NOT NULL,
    actor_kind text NOT NULL,
    actor_name text,
    actor_user_id {bigint},
    actor_organization_id {bigint},
    crossed {boolean} NOT NULL,
    action_type text NOT NULL,
    action_description text,
    affected_table text NOT NULL,
    affected_row_id {bigint} NOT NULL,
    previous_data text,
    new_data text,
    ip_address text,
    request_id text,
    action_timestamp {time} NOT NULL,
    CONSTRAINT audit_logs_organization_id_fkey
        FOREIGN KEY (organization_id) REFERENCES organizations (organization_id),
    CONSTRAINT audit_logs_actor_user_id_fkey FOREIGN KEY (actor_organization_id, actor_user_id)
        REFERENCES users (organization_id, user_id),
    CONSTRAINT audit_logs_actor_kind_check
        CHECK (actor_kind IN ('anonymous', 'user', 'service', 'bootstrap', 'system'))
) {strict};

CREATE INDEX audit_logs_organization_id_idx
    ON audit_logs (organization_id, action_timestamp DESC, log_id DESC);
CREATE INDEX audit_logs_affected_table_idx
    ON audit_logs (organization_id, affected_table, action_timestamp DESC, log_id DESC);
CREATE INDEX audit_logs_actor_user_id_idx
    ON audit_logs (actor_user_id, action_timestamp DESC, log_id DESC);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
