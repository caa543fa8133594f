//! What the build before writes on the schema of this one: its statements,
//! with their values in place of `$1`, `$2`, ….

use std::time::{Duration, Instant};

use auth_domain::identity::GateRefusal;
use auth_domain::ids::{OrganizationId, SessionId};
use auth_domain::users::UserStatus;
use auth_testkit::contracts::StoreSubject as _;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};

use super::database::{self, Upgrade};
use crate::postgres::Postgres;

const NEW_USER: &str = "
INSERT INTO users (organization_id, username, username_key, password_hash, first_name, middle_name,
    last_name, date_of_birth, gender, nationality, status, last_login, created_at, updated_at)
VALUES (3, 'eve', 'eve', NULL, 'Eve', NULL, NULL, NULL, NULL, NULL, 'active', NULL,
    '2026-04-01T00:00:00+00:00', '2026-04-01T00:00:00+00:00');
INSERT INTO user_contacts (user_id, email, email_key) VALUES (6, 'eve@example.com', 'eve@example.com');
INSERT INTO user_roles (organization_id, user_id, role_id, assigned_at)
SELECT u.organization_id, u.user_id, r.role_id, '2026-04-01T00:00:00+00:00'
FROM users u JOIN roles r ON r.organization_id = u.organization_id
WHERE u.organization_id = 3 AND u.user_id = 6
    AND r.role_id = (SELECT role_id FROM roles WHERE name_key = 'editor')
ON CONFLICT (user_id, role_id) DO NOTHING;
INSERT INTO sessions (user_id, organization_id, issued_at, expires_at, absolute_expires_at)
VALUES (6, 3, '2026-04-01T00:00:00+00:00', '2026-04-02T00:00:00+00:00',
    '2026-04-03T00:00:00+00:00');
";

const DEACTIVATED: &str = "
UPDATE users SET status = 'inactive', updated_at = '2026-04-01T01:00:00+00:00'
WHERE organization_id = 3 AND user_id = 6;
INSERT INTO archived_users (organization_id, user_id, archived_at)
VALUES (3, 6, '2026-04-01T01:00:00+00:00')
ON CONFLICT (user_id) DO NOTHING;
";

const BROUGHT_BACK: &str = "
UPDATE users SET status = 'active', updated_at = '2026-04-01T02:00:00+00:00'
WHERE organization_id = 3 AND user_id = 6;
DELETE FROM archived_users WHERE organization_id = 3 AND user_id = 6;
";

async fn the_build_before_still_writes(database: &dyn Upgrade) {
    database.migrate().await;
    let acme = OrganizationId::new(3).unwrap();
    let session = SessionId::new(6).unwrap();
    for (written, status, gate) in [
        (NEW_USER, UserStatus::Active, Ok(())),
        (
            DEACTIVATED,
            UserStatus::Inactive,
            Err(GateRefusal::AccountInactive),
        ),
        (BROUGHT_BACK, UserStatus::Active, Ok(())),
    ] {
        database.execute(written).await;
        let membership = "SELECT status FROM memberships WHERE organization_id = 3 AND user_id = 6";
        assert_eq!(database.look(membership).await, [status.as_str()]);
        let sessions = database.store().read().sessions();
        let found = sessions.find_admission(session).await.unwrap();
        assert_eq!(found.unwrap().account.check_active(), gate);
        let policy = database.policies().load(acme).await.unwrap().unwrap();
        let eve = policy.users.last().unwrap();
        assert_eq!((eve.id.get(), eve.active), (6, gate.is_ok()));
        assert_eq!(eve.roles.len(), 1);
    }
}

#[tokio::test]
async fn the_build_before_still_writes_on_sqlite() {
    the_build_before_still_writes(&database::sqlite().await).await;
}

#[tokio::test]
async fn the_build_before_still_writes_on_postgres() {
    the_build_before_still_writes(&database::postgres().await).await;
}

/// Waits until the migration tries to lock the tables.
async fn migration_waits(database: &Postgres) {
    let waiting = "SELECT pid FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event IN ('PgSleep', 'relation')";
    let deadline = Instant::now() + Duration::from_secs(20);
    while database.look(waiting).await.is_empty() {
        assert!(Instant::now() < deadline, "the migration does not wait");
        tokio::task::yield_now().await;
    }
}

/// SQLite has one writer at a time.
#[tokio::test]
async fn a_user_that_joins_while_the_schema_migrates_is_a_member() {
    let database = database::postgres().await;
    let mut options = ConnectOptions::new(database.database.url());
    options.max_connections(1);
    let conn = Database::connect(options).await.unwrap();
    let (user, rest) = NEW_USER.split_once(';').unwrap();
    let joining = format!("BEGIN; {user}");
    conn.execute_unprepared(&joining).await.unwrap();
    let joins = async {
        migration_waits(&database).await;
        let joined = format!("{rest} COMMIT");
        conn.execute_unprepared(&joined).await.unwrap();
        conn.close().await.unwrap();
    };
    tokio::join!(database.migrate(), joins);
    let membership = "SELECT status FROM memberships WHERE user_id = 6";
    assert_eq!(database.look(membership).await, ["active"]);
}
