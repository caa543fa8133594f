//! Which users registered by themselves: of an organization that admits some
//! domains only, they sign in once their address is verified.
//!
//! Those who are there already keep signing in, as do those whom the release
//! before registers while it still runs.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHEMA: &str = "
ALTER TABLE users ADD COLUMN self_registered {boolean} NOT NULL DEFAULT FALSE;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
