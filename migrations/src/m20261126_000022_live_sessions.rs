//! The live sessions of a user, however many ended by time before.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHEMA: &str = "
CREATE INDEX sessions_user_id_expires_at_idx ON sessions (user_id, expires_at)
    WHERE revoked_at IS NULL;
DROP INDEX sessions_live_of_user_idx;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
