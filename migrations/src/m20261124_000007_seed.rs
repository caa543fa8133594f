//! The permission catalogue, Default Organization, RootOrg and their roles.

use sea_orm_migration::prelude::*;

use crate::seed;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let conn = manager.get_connection();
        seed::catalogue(conn).await?;
        seed::organizations(conn).await?;
        seed::system_roles(conn).await
    }
}
