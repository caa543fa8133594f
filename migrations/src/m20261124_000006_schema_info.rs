//! The oldest version of the application that may use the schema. A migration
//! that ends a compatibility raises it.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHEMA: &str = "
CREATE TABLE schema_info (
    id {bigint} NOT NULL CONSTRAINT schema_info_pkey PRIMARY KEY,
    minimum_version text NOT NULL,
    CONSTRAINT schema_info_id_check CHECK (id = 1)
) {strict};

INSERT INTO schema_info (id, minimum_version) VALUES (1, '0.1.0');
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
