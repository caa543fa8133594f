//! Memberships: whoever is named inside a tenant is named as its member.
//!
//! A user has one membership today, that of `users.organization_id`. Because
//! every row of a tenant refers to a membership, a second one will need no
//! change of these tables.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::script;
use crate::sqlite::edit_schema;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

// All tables or none, for ten seconds: transactions of the release before take
// these tables in different orders, and one that held a table while this
// migration waited for it with others in hand would be a deadlock.
const LOCK_POSTGRES: &str = "
DO $$
BEGIN
    FOR attempt IN 1..1000 LOOP
        BEGIN
            LOCK TABLE sessions, users, organizations, user_roles, one_time_tokens,
                security_alerts, login_activity, archived_users, audit_logs
                IN ACCESS EXCLUSIVE MODE NOWAIT;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.01);
        END;
    END LOOP;
    LOCK TABLE sessions, users, organizations, user_roles, one_time_tokens,
        security_alerts, login_activity, archived_users, audit_logs
        IN ACCESS EXCLUSIVE MODE;
END
$$;
";

const MEMBERSHIPS: &str = "
CREATE TABLE memberships (
    organization_id {bigint} NOT NULL,
    user_id {bigint} NOT NULL,
    status text NOT NULL,
    joined_at {time} NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, user_id),
    CONSTRAINT memberships_organization_id_fkey
        FOREIGN KEY (organization_id) REFERENCES organizations (organization_id),
    CONSTRAINT memberships_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT memberships_status_check CHECK (status IN ('active', 'inactive'))
) {strict};

CREATE INDEX memberships_user_id_idx ON memberships (user_id, organization_id);
";

// The release before inserts users without memberships and writes only
// users.status, and it runs while this migration does and after it. These
// triggers write the home membership for it. They go with the release after
// this one, when the application writes both rows itself.
const TRIGGERS_POSTGRES: &str = "
CREATE FUNCTION users_home_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO memberships (organization_id, user_id, status, joined_at)
        VALUES (NEW.organization_id, NEW.user_id, NEW.status, NEW.created_at);
    ELSE
        UPDATE memberships SET status = NEW.status
        WHERE organization_id = NEW.organization_id AND user_id = NEW.user_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER users_home_membership AFTER INSERT OR UPDATE OF status ON users
    FOR EACH ROW EXECUTE FUNCTION users_home_membership();
";

const TRIGGERS_SQLITE: &str = "
CREATE TRIGGER users_home_membership_insert AFTER INSERT ON users BEGIN
    INSERT INTO memberships (organization_id, user_id, status, joined_at)
    VALUES (NEW.organization_id, NEW.user_id, NEW.status, NEW.created_at);
END;

CREATE TRIGGER users_home_membership_status AFTER UPDATE OF status ON users BEGIN
    UPDATE memberships SET status = NEW.status
    WHERE organization_id = NEW.organization_id AND user_id = NEW.user_id;
END;
";

// After the lock, so that every user is either here already or gets the
// membership from a trigger.
const FILL: &str = "
INSERT INTO memberships (organization_id, user_id, status, joined_at)
SELECT organization_id, user_id, status, created_at FROM users;
";

// The constraints keep their names: the SQL adapter tells errors apart by them.
const REFERENCES_POSTGRES: &str = "
ALTER TABLE organizations
    DROP CONSTRAINT organizations_owner_id_fkey,
    ADD CONSTRAINT organizations_owner_id_fkey FOREIGN KEY (organization_id, owner_id)
        REFERENCES memberships (organization_id, user_id);
ALTER TABLE user_roles
    DROP CONSTRAINT user_roles_user_id_fkey,
    ADD CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE sessions
    DROP CONSTRAINT sessions_user_id_fkey,
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE one_time_tokens
    DROP CONSTRAINT one_time_tokens_user_id_fkey,
    ADD CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE security_alerts
    DROP CONSTRAINT security_alerts_user_id_fkey,
    ADD CONSTRAINT security_alerts_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE login_activity
    DROP CONSTRAINT login_activity_user_id_fkey,
    ADD CONSTRAINT login_activity_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE archived_users
    DROP CONSTRAINT archived_users_user_id_fkey,
    ADD CONSTRAINT archived_users_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE audit_logs
    DROP CONSTRAINT audit_logs_actor_user_id_fkey,
    ADD CONSTRAINT audit_logs_actor_user_id_fkey
        FOREIGN KEY (actor_organization_id, actor_user_id)
        REFERENCES memberships (organization_id, user_id);
";

/// How many tables name a user inside a tenant: those of
/// [`REFERENCES_POSTGRES`].
const REFERRING: u64 = 8;

const REFER_SQLITE: &str = "
UPDATE sqlite_master SET sql = replace(sql,
    'REFERENCES users (organization_id, user_id)',
    'REFERENCES memberships (organization_id, user_id)')
WHERE type = 'table' AND instr(sql, 'REFERENCES users (organization_id, user_id)') > 0";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on_sqlite = manager.get_database_backend() == DbBackend::Sqlite;
        if on_sqlite {
            script(manager, MEMBERSHIPS).await?;
            script(manager, FILL).await?;
            script(manager, TRIGGERS_SQLITE).await?;
            edit_schema(manager, REFER_SQLITE, REFERRING).await
        } else {
            script(manager, LOCK_POSTGRES).await?;
            script(manager, MEMBERSHIPS).await?;
            script(manager, FILL).await?;
            script(manager, TRIGGERS_POSTGRES).await?;
            script(manager, REFERENCES_POSTGRES).await
        }
    }
}
