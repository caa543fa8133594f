//! Jobs of any queue, and schedules that one instance at a time runs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// A job waits (`claimed_at` and `dead_at` are NULL), is claimed (`run_at` is
// the end of the lease then), or is dead. `run_at` is always when it can be
// claimed next, so that one index finds what is ready.
const SCHEMA: &str = "
CREATE TABLE queued_jobs (
    job_id {identity} CONSTRAINT queued_jobs_pkey PRIMARY KEY {autoincrement},
    queue text NOT NULL,
    payload text NOT NULL,
    dedup_key text,
    request_id text,
    created_at {time} NOT NULL,
    run_at {time} NOT NULL,
    attempts {integer} NOT NULL DEFAULT 0,
    claimed_at {time},
    dead_at {time},
    last_error text,
    CONSTRAINT queued_jobs_queue_check CHECK (length(queue) BETWEEN 1 AND 64),
    CONSTRAINT queued_jobs_dead_check CHECK (claimed_at IS NULL OR dead_at IS NULL)
) {strict};

CREATE UNIQUE INDEX queued_jobs_waiting_key ON queued_jobs (queue, dedup_key)
    WHERE dedup_key IS NOT NULL AND claimed_at IS NULL AND dead_at IS NULL;
CREATE INDEX queued_jobs_run_at_idx ON queued_jobs (run_at, job_id) WHERE dead_at IS NULL;
CREATE INDEX queued_jobs_dead_idx ON queued_jobs (queue, job_id) WHERE dead_at IS NOT NULL;

CREATE TABLE schedules (
    name text NOT NULL CONSTRAINT schedules_pkey PRIMARY KEY,
    due_at {time} NOT NULL,
    leased_until {time},
    attempts {integer} NOT NULL DEFAULT 0
) {strict};
";

// The release before this one inserts into `jobs` while it still runs: what it
// inserts becomes a row of `queued_jobs`. The trigger and the table `jobs` go
// with the next release, which no process of that release runs beside.
//
// Making the trigger waits for the transactions that write `jobs` and keeps
// new ones out until the commit, so no row comes between it and the move. A
// job that a worker of that release had claimed is done again, like any job
// whose lease has passed.
const TRIGGER_POSTGRES: &str = "
CREATE FUNCTION jobs_to_queued_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO queued_jobs (queue, payload, dedup_key, request_id, created_at, run_at)
    VALUES ('mail',
        CAST(json_build_object('kind', NEW.kind, 'address', NEW.subject) AS text),
        NEW.kind || ':' || NEW.subject, NEW.request_id, NEW.created_at, NEW.available_at)
    ON CONFLICT DO NOTHING;
    PERFORM pg_notify('auth_jobs', 'mail');
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_to_queued_jobs BEFORE INSERT ON jobs
    FOR EACH ROW EXECUTE FUNCTION jobs_to_queued_jobs();
";

const TRIGGER_SQLITE: &str = "
CREATE TRIGGER jobs_to_queued_jobs AFTER INSERT ON jobs BEGIN
    INSERT INTO queued_jobs (queue, payload, dedup_key, request_id, created_at, run_at)
    VALUES ('mail', json_object('kind', NEW.kind, 'address', NEW.subject),
        NEW.kind || ':' || NEW.subject, NEW.request_id, NEW.created_at, NEW.available_at)
    ON CONFLICT DO NOTHING;
    DELETE FROM jobs WHERE job_id = NEW.job_id;
END;
";

// Rows of `jobs` may be about the same address: without a key, each is kept.
const MOVE_POSTGRES: &str = "
INSERT INTO queued_jobs (queue, payload, request_id, created_at, run_at, attempts)
SELECT 'mail', CAST(json_build_object('kind', kind, 'address', subject) AS text), request_id,
    created_at, available_at, attempts
FROM jobs ORDER BY job_id;
DELETE FROM jobs;
";

const MOVE_SQLITE: &str = "
INSERT INTO queued_jobs (queue, payload, request_id, created_at, run_at, attempts)
SELECT 'mail', json_object('kind', kind, 'address', subject), request_id,
    created_at, available_at, attempts
FROM jobs ORDER BY job_id;
DELETE FROM jobs;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await?;
        let (trigger, rows) = match manager.get_database_backend() {
            DbBackend::Sqlite => (TRIGGER_SQLITE, MOVE_SQLITE),
            _ => (TRIGGER_POSTGRES, MOVE_POSTGRES),
        };
        script(manager, trigger).await?;
        script(manager, rows).await
    }
}
