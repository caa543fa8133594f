//! One-time tokens, security alerts, the work that mail is, and what sessions
//! need for them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

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

CREATE INDEX login_activity_success_idx
    ON login_activity (user_id, ip_address, login_timestamp DESC) WHERE login_success;
CREATE INDEX login_activity_failure_idx
    ON login_activity (login_timestamp, organization_id, user_id)
    WHERE NOT login_success AND user_id IS NOT NULL;
CREATE INDEX login_activity_login_name_hash_idx
    ON login_activity (login_name_hash, login_timestamp DESC)
    WHERE login_name_hash IS NOT NULL;
";

// One more reason to revoke; and a token that was replaced without a rotation
// is remembered without the time of one.
const SESSIONS_POSTGRES: &str = "
ALTER TABLE sessions DROP CONSTRAINT sessions_revoke_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_revoke_reason_check CHECK (
    revoke_reason IN ('logout', 'refresh_reuse', 'password_change', 'deactivation', 'revoked'));
ALTER TABLE session_refresh_history ALTER COLUMN rotated_at DROP NOT NULL;
";

// The same: SQLite changes no constraint, so both tables are written anew. The
// numbers that were given are not given again: old access tokens name them.
const SESSIONS_SQLITE: &str = "
CREATE TABLE new_sessions (
    session_id {identity} CONSTRAINT sessions_pkey PRIMARY KEY {autoincrement},
    user_id {bigint} NOT NULL,
    organization_id {bigint} NOT NULL,
    issued_at {time} NOT NULL,
    refresh_digest {bytes},
    previous_digest {bytes},
    successor_sealed {bytes},
    rotated_at {time},
    expires_at {time} NOT NULL,
    absolute_expires_at {time} NOT NULL,
    revoked_at {time},
    revoke_reason text,
    last_refreshed_at {time},
    ip_address text,
    user_agent text,
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT sessions_revoke_reason_check CHECK (
        revoke_reason IN ('logout', 'refresh_reuse', 'password_change', 'deactivation', 'revoked')),
    CONSTRAINT sessions_previous_check CHECK (
        (previous_digest IS NULL) = (successor_sealed IS NULL)
        AND (previous_digest IS NULL) = (rotated_at IS NULL)),
    CONSTRAINT sessions_lengths_check
        CHECK (length(ip_address) <= 45 AND length(user_agent) <= 255)
) {strict};
INSERT INTO new_sessions SELECT * FROM sessions;
DELETE FROM sqlite_sequence WHERE name = 'new_sessions';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'new_sessions', seq FROM sqlite_sequence WHERE name = 'sessions';

CREATE TABLE new_session_refresh_history (
    session_id {bigint} NOT NULL,
    digest {bytes} NOT NULL,
    rotated_at {time},
    CONSTRAINT session_refresh_history_pkey PRIMARY KEY (session_id, digest),
    CONSTRAINT session_refresh_history_session_id_fkey
        FOREIGN KEY (session_id) REFERENCES new_sessions (session_id) ON DELETE CASCADE
) {strict};
INSERT INTO new_session_refresh_history SELECT * FROM session_refresh_history;

DROP TABLE session_refresh_history;
DROP TABLE sessions;
ALTER TABLE new_sessions RENAME TO sessions;
ALTER TABLE new_session_refresh_history RENAME TO session_refresh_history;

CREATE INDEX sessions_user_id_idx ON sessions (user_id, organization_id);
CREATE INDEX sessions_live_idx ON sessions (organization_id, expires_at)
    WHERE revoked_at IS NULL;
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at) WHERE revoked_at IS NULL;
CREATE INDEX sessions_revoked_at_idx ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
";

const SESSIONS_INDEXES: &str = "
CREATE UNIQUE INDEX sessions_refresh_digest_key ON sessions (refresh_digest);
CREATE INDEX sessions_live_of_user_idx ON sessions (user_id, session_id DESC)
    WHERE revoked_at IS NULL;
CREATE INDEX session_refresh_history_rotated_at_idx
    ON session_refresh_history (session_id, rotated_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        script(manager, SCHEMA).await?;
        let sessions = match manager.get_database_backend() {
            DbBackend::Sqlite => SESSIONS_SQLITE,
            _ => SESSIONS_POSTGRES,
        };
        script(manager, sessions).await?;
        script(manager, SESSIONS_INDEXES).await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "test code: a panic is a failed test")]
mod tests {
    use sea_orm_migration::MigratorTrait as _;
    use sea_orm_migration::sea_orm::{
        ConnectionTrait as _, Database, DatabaseConnection, Statement,
    };

    use super::*;
    use crate::Migrator;

    const BEFORE: &str = "
    INSERT INTO users (user_id, organization_id, username, username_key, first_name, status,
        created_at, updated_at)
    VALUES (7, 1, 'ana', 'ana', 'Ana', 'active', '2026-01-01', '2026-01-01');
    INSERT INTO sessions (session_id, user_id, organization_id, issued_at, expires_at,
        absolute_expires_at, refresh_digest, user_agent)
    VALUES (5, 7, 1, '2026-01-01', '2026-01-02', '2026-01-03', x'02', 'browser'),
        (9, 7, 1, '2026-01-01', '2026-01-02', '2026-01-03', x'03', NULL);
    INSERT INTO session_refresh_history VALUES (5, x'01', '2026-01-01');
    DELETE FROM sessions WHERE session_id = 9;
    ";

    const AFTER: &str = "
    UPDATE sessions SET revoked_at = '2026-01-02', revoke_reason = 'revoked';
    INSERT INTO session_refresh_history (session_id, digest) VALUES (5, x'02');
    INSERT INTO sessions (user_id, organization_id, issued_at, expires_at, absolute_expires_at)
    VALUES (7, 1, '2026-01-01', '2026-01-02', '2026-01-03');
    ";

    async fn texts(conn: &DatabaseConnection, sql: &str) -> Vec<String> {
        let query = Statement::from_string(conn.get_database_backend(), sql);
        let rows = conn.query_all_raw(query).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect()
    }

    async fn names(conn: &DatabaseConnection) -> Vec<String> {
        texts(
            conn,
            "SELECT name FROM sqlite_master WHERE tbl_name IN \
             ('sessions', 'session_refresh_history') AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .await
    }

    #[tokio::test]
    async fn sessions_their_history_and_their_numbers_outlive_the_new_tables_of_sqlite() {
        let conn = Database::connect("sqlite::memory:").await.unwrap();
        let manager = SchemaManager::new(&conn);
        for migration in Migrator::migrations() {
            if migration.name() == Migration.name() {
                break;
            }
            migration.up(&manager).await.unwrap();
        }
        conn.execute_unprepared(BEFORE).await.unwrap();
        let before = names(&conn).await;
        Migration.up(&manager).await.unwrap();
        let after = names(&conn).await;
        assert!(before.iter().all(|name| after.contains(name)), "{after:?}");
        let kept = "SELECT h.session_id || hex(digest) || h.rotated_at || hex(refresh_digest) \
             || user_agent FROM sessions s JOIN session_refresh_history h USING (session_id)";
        assert_eq!(texts(&conn, kept).await, ["5012026-01-0102browser"]);
        conn.execute_unprepared(AFTER).await.unwrap();
        let given = "SELECT CAST(max(session_id) AS text) FROM sessions";
        assert_eq!(texts(&conn, given).await, ["10"], "9 is not given again");
        conn.execute_unprepared("DELETE FROM sessions WHERE session_id = 5")
            .await
            .unwrap();
        let history = "SELECT hex(digest) FROM session_refresh_history";
        assert_eq!(texts(&conn, history).await, [""; 0]);
    }
}
