//! What the relay knows of each aggregate: how far its events are published,
//! and when the next one can be.
//!
//! The columns `attempts`, `available_at`, `dead_at` and `last_error` of
//! `outbox_events` are read by nothing any more. The release before writes one
//! of them while it still runs, so a later release removes them.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// Nothing was ever published, so every event there is waits.
const SCHEMA: &str = "
ALTER TABLE outbox_aggregates ADD COLUMN sent_sequence {bigint} NOT NULL DEFAULT 0;
ALTER TABLE outbox_aggregates ADD COLUMN claimable_at {time} NOT NULL
    DEFAULT '1970-01-01T00:00:00+00:00';
ALTER TABLE outbox_aggregates ADD COLUMN claimed_at {time};
ALTER TABLE outbox_aggregates ADD COLUMN failures {integer} NOT NULL DEFAULT 0;
ALTER TABLE outbox_aggregates ADD COLUMN stopped_at {time};
ALTER TABLE outbox_aggregates ADD COLUMN last_error text;

CREATE INDEX outbox_aggregates_claimable_at_idx ON outbox_aggregates (claimable_at)
    WHERE sent_sequence < last_sequence AND stopped_at IS NULL;
CREATE INDEX outbox_aggregates_stopped_at_idx ON outbox_aggregates (stopped_at)
    WHERE stopped_at IS NOT NULL;

DROP INDEX outbox_events_unsent_idx;
DROP INDEX outbox_events_available_at_idx;
DROP INDEX outbox_events_dead_at_idx;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
