//! Ids of aggregates and of audited rows as text: not every thing that an
//! event or an audit row is about is numbered.
//!
//! The release before writes numbers into these columns while it still runs:
//! both databases turn them into text on assignment.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTGRES: &str = "
ALTER TABLE outbox_aggregates ALTER COLUMN aggregate_id TYPE text;
ALTER TABLE outbox_events ALTER COLUMN aggregate_id TYPE text;
ALTER TABLE audit_logs ALTER COLUMN affected_row_id TYPE text;
";

// SQLite changes no type of a column, so the tables are written anew, with the
// numbers that were given.
const SQLITE: &str = "
CREATE TABLE new_outbox_aggregates (
    aggregate_kind text NOT NULL,
    aggregate_id text NOT NULL,
    last_sequence {bigint} NOT NULL,
    CONSTRAINT outbox_aggregates_pkey PRIMARY KEY (aggregate_kind, aggregate_id)
) {strict};
INSERT INTO new_outbox_aggregates
    SELECT aggregate_kind, CAST(aggregate_id AS text), last_sequence FROM outbox_aggregates;
DROP TABLE outbox_aggregates;
ALTER TABLE new_outbox_aggregates RENAME TO outbox_aggregates;

CREATE TABLE new_outbox_events (
    position {identity} CONSTRAINT outbox_events_pkey PRIMARY KEY {autoincrement},
    event_id {uuid} NOT NULL,
    aggregate_kind text NOT NULL,
    aggregate_id text NOT NULL,
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
INSERT INTO new_outbox_events
    SELECT position, event_id, aggregate_kind, CAST(aggregate_id AS text), sequence, exchange,
        event_type, organization_id, actor_id, request_id, occurred_at, payload, attempts,
        available_at, sent_at, dead_at, last_error
    FROM outbox_events;
DELETE FROM sqlite_sequence WHERE name = 'new_outbox_events';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_outbox_events', seq FROM sqlite_sequence WHERE name = 'outbox_events';
DROP TABLE outbox_events;
ALTER TABLE new_outbox_events RENAME TO outbox_events;
CREATE INDEX outbox_events_unsent_idx
    ON outbox_events (aggregate_kind, aggregate_id, sequence) WHERE sent_at IS NULL;
CREATE INDEX outbox_events_available_at_idx
    ON outbox_events (available_at, position) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_events_dead_at_idx ON outbox_events (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX outbox_events_sent_at_idx ON outbox_events (sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE new_audit_logs (
    log_id {identity} CONSTRAINT audit_logs_pkey PRIMARY KEY {autoincrement},
    organization_id {bigint} NOT NULL,
    actor_kind text NOT NULL,
    actor_name text,
    actor_user_id {bigint},
    actor_organization_id {bigint},
    crossed {boolean} NOT NULL,
    action_type text NOT NULL,
    action_description text,
    affected_table text NOT NULL,
    affected_row_id text NOT NULL,
    previous_data text,
    new_data text,
    ip_address text,
    request_id text,
    action_timestamp {time} NOT NULL,
    CONSTRAINT audit_logs_organization_id_fkey
        FOREIGN KEY (organization_id) REFERENCES organizations (organization_id),
    CONSTRAINT audit_logs_actor_user_id_fkey FOREIGN KEY (actor_organization_id, actor_user_id)
        REFERENCES memberships (organization_id, user_id),
    CONSTRAINT audit_logs_actor_kind_check
        CHECK (actor_kind IN ('anonymous', 'user', 'service', 'bootstrap', 'system'))
) {strict};
INSERT INTO new_audit_logs
    SELECT log_id, organization_id, actor_kind, actor_name, actor_user_id,
        actor_organization_id, crossed, action_type, action_description, affected_table,
        CAST(affected_row_id AS text), previous_data, new_data, ip_address, request_id,
        action_timestamp
    FROM audit_logs;
DELETE FROM sqlite_sequence WHERE name = 'new_audit_logs';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_audit_logs', seq FROM sqlite_sequence WHERE name = 'audit_logs';
DROP TABLE audit_logs;
ALTER TABLE new_audit_logs RENAME TO audit_logs;
CREATE INDEX audit_logs_organization_id_idx
    ON audit_logs (organization_id, action_timestamp DESC, log_id DESC);
CREATE INDEX audit_logs_affected_table_idx
    ON audit_logs (organization_id, affected_table, action_timestamp DESC, log_id DESC);
CREATE INDEX audit_logs_actor_user_id_idx
    ON audit_logs (actor_user_id, action_timestamp DESC, log_id DESC);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE,
            _ => POSTGRES,
        };
        script(manager, sql).await
    }
}
