//! Since when deactivated users are deactivated.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// A row stands as long as its user is inactive: one who is brought back loses
// it, and a later deactivation is a new date.
const SCHEMA: &str = "
CREATE TABLE archived_users (
    user_id {bigint} NOT NULL CONSTRAINT archived_users_pkey PRIMARY KEY,
    organization_id {bigint} NOT NULL,
    archived_at {time} NOT NULL,
    CONSTRAINT archived_users_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, user_id) ON DELETE CASCADE
) {strict};

CREATE INDEX archived_users_organization_id_idx
    ON archived_users (organization_id, archived_at DESC, user_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
