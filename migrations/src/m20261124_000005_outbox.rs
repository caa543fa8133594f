//! The outbox: events to publish, numbered per aggregate.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// Events are told after what they are about may be gone, so they refer to
// nothing by constraint.
const SCHEMA: &str = "
CREATE TABLE outbox_aggregates (
    aggregate_kind text NOT NULL,
    aggregate_id {bigint} NOT NULL,
    last_sequence {bigint} NOT NULL,
    CONSTRAINT outbox_aggregates_pkey PRIMARY KEY (aggregate_kind, aggregate_id)
) {strict};

CREATE TABLE outbox_events (
    position {identity} CONSTRAINT outbox_events_pkey PRIMARY KEY {autoincrement},
    event_id {uuid} NOT NULL,
    aggregate_kind text NOT NULL,
    aggregate_id {bigint} NOT NULL,
    sequence {bigint} NOT NULL,
    exchange text NOT NULL,
    event_type text NOT NULL,
    organization_id {bigint} NOT NULL,
    actor_id {bigint},
    request_id text,
    occurred_at {time} NOT NULL,
    payload text NOT NULL,
    attempts {integer} NOT NULL DEFAULT 0,
    available_at {time} NOT NULL,
    sent_at {time},
    dead_at {time},
    last_error text,
    CONSTRAINT outbox_events_event_id_key UNIQUE (event_id),
    CONSTRAINT outbox_events_sequence_key UNIQUE (aggregate_kind, aggregate_id, sequence)
) {strict};

CREATE INDEX outbox_events_unsent_idx
    ON outbox_events (aggregate_kind, aggregate_id, sequence) WHERE sent_at IS NULL;
CREATE INDEX outbox_events_available_at_idx
    ON outbox_events (available_at, position) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_events_dead_at_idx ON outbox_events (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX outbox_events_sent_at_idx ON outbox_events (sent_at) WHERE sent_at IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
