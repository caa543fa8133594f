//! A database of an earlier build migrates forward without losing a row, and
//! the build before works on the new schema while it still runs.

mod database;
mod release_before;

use std::collections::BTreeSet;

use auth_domain::identity::{GateRefusal, TokenPurpose, admit};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::users::UserStatus;
use auth_testkit::builders::{self, at, digest};

use self::Left::{All, AllAndMore, As};
use self::database::Upgrade;

/// What must be left of the rows of a table.
enum Left {
    /// Every row, with every value that it had.
    All,
    /// The same; the migrations add rows of their own.
    AllAndMore,
    /// Where the shape changed: what the first query finds before is what the
    /// second finds after.
    As(&'static str, &'static str),
}

/// Every table that the database before has, and those whose rows are made
/// from others. A migration that changes what a table holds says so here.
const TABLES: &[(&str, Left)] = &[
    ("archived_users", All),
    ("audit_logs", All),
    (
        "jobs",
        As(
            r#"SELECT '{"kind":"' || kind || '","address":"' || subject || '"}', request_id,
                created_at, available_at, attempts FROM jobs"#,
            "SELECT replace(payload, ' ', ''), request_id, created_at, run_at, attempts
                FROM queued_jobs WHERE queue = 'mail'",
        ),
    ),
    ("login_activity", All),
    (
        "memberships",
        As(
            "SELECT organization_id, user_id, status, created_at FROM users",
            "SELECT organization_id, user_id, status, joined_at FROM memberships",
        ),
    ),
    ("one_time_tokens", All),
    ("organizations", All),
    ("outbox_aggregates", All),
    ("outbox_events", All),
    ("permissions", All),
    ("role_permissions", All),
    ("roles", All),
    ("schema_info", All),
    ("seaql_migrations", AllAndMore),
    ("security_alerts", All),
    ("session_refresh_history", All),
    ("sessions", All),
    ("user_contacts", All),
    ("user_roles", All),
    ("users", All),
];

async fn no_row_is_lost(database: &dyn Upgrade) {
    let known: BTreeSet<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    for table in database.tables().await {
        assert!(known.contains(&*table), "what is left of {table}?");
    }
    let mut expected = Vec::new();
    for (table, left) in TABLES {
        let (before, after) = match left {
            All | AllAndMore => {
                let all = database.all_columns(table).await;
                (all.clone(), all)
            }
            As(before, after) => ((*before).to_owned(), (*after).to_owned()),
        };
        let rows = database.sorted(&before).await;
        assert!(!rows.is_empty(), "{table} is empty and proves nothing");
        expected.push((table, left, rows, after));
    }
    database.migrate().await;
    for (table, left, before, after) in expected {
        let rows = database.sorted(&after).await;
        if matches!(left, AllAndMore) {
            let lost = before.iter().find(|row| !rows.contains(row));
            assert_eq!(lost, None, "{table}");
        } else {
            assert_eq!(before, rows, "{table}");
        }
    }
    assert_eq!(database.broken_references().await, [""; 0]);
}

#[tokio::test]
async fn no_row_is_lost_on_sqlite() {
    no_row_is_lost(&database::sqlite().await).await;
}

#[tokio::test]
async fn no_row_is_lost_on_postgres() {
    no_row_is_lost(&database::postgres().await).await;
}

/// The users that the fixture names.
fn user(id: i64) -> UserId {
    UserId::new(id).unwrap()
}

async fn what_was_there_still_works(database: &dyn Upgrade) {
    database.migrate().await;
    let store = database.store();
    let sessions = store.read().sessions();
    let find = async |id| {
        let id = SessionId::new(id).unwrap();
        sessions.find_admission(id).await.unwrap()
    };
    let march = at(60 * 86_400);
    let ana = admit(find(1).await, user(2), march).unwrap();
    assert_eq!(ana.username.as_str(), "Ana");
    let bea = find(3).await.unwrap().account;
    assert_eq!(bea.check_active(), Err(GateRefusal::AccountInactive));

    let acme = OrganizationId::new(3).unwrap();
    let policy = database.policies().load(acme).await.unwrap().unwrap();
    let users = policy.users.iter();
    let users: Vec<_> = users.map(|u| (u.id, u.active, u.roles.len())).collect();
    assert_eq!(users, [(user(2), true, 2), (user(3), false, 1)]);
    assert!(!policy.grants.is_empty());

    let mut tx = store.begin().await.unwrap();
    let token = tx.one_time_tokens();
    let taken = token.take(TokenPurpose::PasswordReset, &digest(6)).await;
    assert_eq!(taken.unwrap().unwrap().user_id, user(2));
    let found = tx.read().users().find(acme, user(3)).await.unwrap();
    let mut brought_back = found.unwrap();
    (brought_back.status, brought_back.updated_at) = (UserStatus::Active, march);
    let users = tx.users();
    users.update(&brought_back).await.unwrap();
    let new = users.insert(&builders::user(acme, "dee")).await.unwrap();
    assert!(new.id > user(5), "5 was given before");
    let new = builders::session(&new, 9);
    let new = tx.sessions().insert(&new).await.unwrap();
    assert!(new.get() > 5, "5 was given before");
    tx.commit().await.unwrap();
    let bea = find(3).await.unwrap().account;
    assert_eq!(bea.check_active(), Ok(()));
}

#[tokio::test]
async fn what_was_there_still_works_on_sqlite() {
    what_was_there_still_works(&database::sqlite().await).await;
}

#[tokio::test]
async fn what_was_there_still_works_on_postgres() {
    what_was_there_still_works(&database::postgres().await).await;
}

/// Names outside ASCII get the keys that the build makes now, but for one whose
/// new key another has.
async fn names_get_their_keys(database: &dyn Upgrade) {
    let old = |table: &str, id: &str, name: &str| {
        let [column, key] = match table {
            "users" => ["username", "username_key"],
            "user_contacts" => ["email", "email_key"],
            _ => ["name", "name_key"],
        };
        format!("UPDATE {table} SET {column} = '{name}', {key} = '{name}' WHERE {id}")
    };
    // Cyrillic letters that look like ASCII, and a domain in U-labels.
    database
        .execute(&old("users", "user_id = 2", "\u{441}\u{43e}\u{441}\u{43e}"))
        .await;
    database
        .execute(&old("users", "user_id = 3", "se\u{441}ret"))
        .await;
    database
        .execute(&old("users", "user_id = 1", "secret"))
        .await;
    let address = "a@b\u{fc}cher.example.com";
    database
        .execute(&old("user_contacts", "user_id = 2", address))
        .await;
    database.migrate().await;
    let keys = database
        .sorted("SELECT user_id, username_key FROM users WHERE user_id IN (1, 2, 3)")
        .await;
    assert_eq!(keys, ["1|secret", "2|coco", "3|se\u{441}ret"]);
    let keys = database
        .sorted("SELECT email_key FROM user_contacts WHERE user_id = 2")
        .await;
    assert_eq!(keys, ["a@xn--bcher-kva.example.com"]);
}

#[tokio::test]
async fn names_get_their_keys_on_sqlite() {
    names_get_their_keys(&database::sqlite().await).await;
}

#[tokio::test]
async fn names_get_their_keys_on_postgres() {
    names_get_their_keys(&database::postgres().await).await;
}
