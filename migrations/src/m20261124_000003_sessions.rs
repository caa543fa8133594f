//! Sessions, and the digests of the refresh tokens that they had.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHEMA: &str = "
CREATE TABLE sessions (
    session_id {identity} CONSTRAINT sessions_pkey PRIMARY KEY {autoincrement},
    user_id {bigint} NOT NULL,
    organization_id {bigint} NOT NULL,
    issued_at {time} NOT NULL,
    refresh_digest {bytes},
    previous_digest {bytes},
    successor_sealed {bytes},
    rotated_at {time},
    expires_at {time} NOT NULL,
    absolute_expires_at {time} NOT NULL,
    revoked_at {time},
    revoke_reason text,
    last_refreshed_at {time},
    ip_address text,
    user_agent text,
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT sessions_revoke_reason_check CHECK (
        revoke_reason IN ('logout', 'refresh_reuse', 'password_change', 'deactivation')),
    CONSTRAINT sessions_previous_check CHECK (
        (previous_digest IS NULL) = (successor_sealed IS NULL)
        AND (previous_digest IS NULL) = (rotated_at IS NULL)),
    CONSTRAINT sessions_lengths_check
        CHECK (length(ip_address) <= 45 AND length(user_agent) <= 255)
) {strict};

CREATE INDEX sessions_user_id_idx ON sessions (user_id, organization_id);
CREATE INDEX sessions_live_idx ON sessions (organization_id, expires_at)
    WHERE revoked_at IS NULL;
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at) WHERE revoked_at IS NULL;
CREATE INDEX sessions_revoked_at_idx ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE session_refresh_history (
    session_id {bigint} NOT NULL,
    digest {bytes} NOT NULL,
    rotated_at {time} NOT NULL,
    CONSTRAINT session_refresh_history_pkey PRIMARY KEY (session_id, digest),
    CONSTRAINT session_refresh_history_session_id_fkey
        FOREIGN KEY (session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
) {strict};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
