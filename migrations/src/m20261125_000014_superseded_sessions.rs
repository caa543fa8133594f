//! One more reason to revoke a session: its user has more than may live.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::script;
use crate::sqlite::edit_schema;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTGRES: &str = "
ALTER TABLE sessions
    DROP CONSTRAINT sessions_revoke_reason_check,
    ADD CONSTRAINT sessions_revoke_reason_check CHECK (revoke_reason IN
        ('logout', 'refresh_reuse', 'password_change', 'deactivation', 'revoked', 'superseded'));
";

const SQLITE: &str = "
UPDATE sqlite_master SET sql = replace(sql, '''deactivation'', ''revoked'')',
    '''deactivation'', ''revoked'', ''superseded'')')
WHERE type = 'table' AND name = 'sessions' AND instr(sql, '''deactivation'', ''revoked'')') > 0";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => edit_schema(manager, SQLITE, 1).await,
            _ => script(manager, POSTGRES).await,
        }
    }
}
