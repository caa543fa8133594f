//! Events of others that were handled, one row for each consumer.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SCHEMA: &str = "
CREATE TABLE inbox_events (
    consumer text NOT NULL,
    event_id {uuid} NOT NULL,
    handled_at {time} NOT NULL,
    CONSTRAINT inbox_events_pkey PRIMARY KEY (consumer, event_id),
    CONSTRAINT inbox_events_consumer_check CHECK (length(consumer) BETWEEN 1 AND 64)
) {strict};

CREATE INDEX inbox_events_handled_at_idx ON inbox_events (handled_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
