//! One-time tokens, security alerts, and the work that mail is.

use sea_orm_migration::prelude::*;

use crate::dialect::script;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// A user has at most one token of a purpose: minting a new one replaces it.
// A job names nobody by reference: it is written for unknown addresses too.
const SCHEMA: &str = "
CREATE TABLE one_time_tokens (
    organization_id {bigint} NOT NULL,
    user_id {bigint} NOT NULL,
    purpose text NOT NULL,
    digest {bytes} NOT NULL,
    email_key text NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (user_id, purpose),
    CONSTRAINT one_time_tokens_digest_key UNIQUE (digest),
    CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT one_time_tokens_purpose_check
        CHECK (purpose IN ('password_reset', 'email_verification'))
) {strict};

CREATE INDEX one_time_tokens_expires_at_idx ON one_time_tokens (expires_at);

CREATE TABLE security_alerts (
    alert_id {identity} CONSTRAINT security_alerts_pkey PRIMARY KEY {autoincrement},
    organization_id {bigint} NOT NULL,
    user_id {bigint} NOT NULL,
    alert_type text NOT NULL,
    alert_message text NOT NULL,
    alert_status text NOT NULL,
    created_at {time} NOT NULL,
    resolved_at {time},
    CONSTRAINT security_alerts_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT security_alerts_alert_type_check CHECK (
        alert_type IN ('failed_login', 'unusual_activity', 'suspicious_ip', 'multiple_logins')),
    CONSTRAINT security_alerts_alert_status_check
        CHECK (alert_status IN ('open', 'resolved', 'dismissed'))
) {strict};

CREATE INDEX security_alerts_organization_id_idx
    ON security_alerts (organization_id, alert_status, created_at DESC, alert_id DESC);
CREATE INDEX security_alerts_user_id_idx
    ON security_alerts (user_id, alert_type, created_at DESC);

CREATE TABLE jobs (
    job_id {identity} CONSTRAINT jobs_pkey PRIMARY KEY {autoincrement},
    kind text NOT NULL,
    subject text NOT NULL,
    request_id text,
    created_at {time} NOT NULL,
    available_at {time} NOT NULL,
    attempts {integer} NOT NULL DEFAULT 0,
    CONSTRAINT jobs_kind_check
        CHECK (kind IN ('password_reset', 'email_verification', 'email_changed')),
    CONSTRAINT jobs_subject_check CHECK (length(subject) <= 320)
) {strict};

CREATE INDEX jobs_available_at_idx ON jobs (available_at, job_id);

CREATE UNIQUE INDEX sessions_refresh_digest_key ON sessions (refresh_digest);

CREATE INDEX login_activity_success_idx
    ON login_activity (user_id, login_timestamp DESC) WHERE login_success;
CREATE INDEX login_activity_login_name_hash_idx
    ON login_activity (login_name_hash, login_timestamp DESC)
    WHERE login_name_hash IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await
    }
}
