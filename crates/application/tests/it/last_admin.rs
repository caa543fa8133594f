//! The last two admins, removed at once, where two transactions can be open at
//! once: on PostgreSQL.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_application::rbac::{Acting, RoleService};
use auth_casbin::{CasbinPolicyEngine, EngineOptions};
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::OrganizationKind;
use auth_domain::rbac::{Permission, SystemRole};
use auth_domain::store::Store as _;
use auth_domain::users::User;
use auth_sql::{PostgresOptions, SqlStore};
use auth_testkit::builders::{self, at};
use auth_testkit::clock::ManualClock;
use auth_testkit::postgres::TestDatabase;

use crate::office::refused;

async fn connected(database: &TestDatabase) -> Arc<SqlStore> {
    let server = database.server();
    let options = PostgresOptions {
        host: server.host,
        port: server.port,
        user: server.user,
        password: server.password.map(Into::into),
        database: server.database,
        max_connections: 6,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: Duration::from_secs(30),
    };
    let store = Arc::new(SqlStore::connect_postgres(options).await.unwrap());
    store.migrate().await.unwrap();
    store
}

/// Acme with its admin role, and two who hold it.
async fn acme(store: &SqlStore) -> (OrganizationId, RoleId, [UserId; 2]) {
    let mut tx = store.begin().await.unwrap();
    let new = builders::organization("Acme");
    let acme = tx.organizations().insert(&new).await.unwrap().id;
    let mut admin = builders::role(acme, "admins");
    admin.system = Some(SystemRole::OrganizationAdmin);
    let admin = tx.roles().insert(&admin).await.unwrap();
    let mut holders = Vec::new();
    for name in ["one", "two"] {
        let user = tx
            .users()
            .insert(&builders::user(acme, name))
            .await
            .unwrap();
        let held = tx.roles().assign(acme, user.id, admin, at(0)).await;
        assert!(held.unwrap());
        holders.push(user.id);
    }
    tx.commit().await.unwrap();
    (acme, admin, [holders[0], holders[1]])
}

/// A superuser.
async fn superuser(store: &SqlStore) -> User {
    let root = store.read().organizations().find_root().await.unwrap().id;
    let mut tx = store.begin().await.unwrap();
    let user = tx
        .users()
        .insert(&builders::user(root, "root"))
        .await
        .unwrap();
    let role = tx.roles().find_system(root, SystemRole::SuperAdmin).await;
    let role = role.unwrap().unwrap().id;
    tx.roles().assign(root, user.id, role, at(0)).await.unwrap();
    tx.roles().bump_policy_revision(root).await.unwrap();
    let all = tx.roles().grant(root, role, Permission::ALL, at(0)).await;
    assert_eq!(all.unwrap(), 0);
    tx.commit().await.unwrap();
    user
}

/// Waits until so many transactions wait for a lock.
async fn waiting(database: &TestDatabase, count: usize) {
    let waiting = "SELECT CAST(pid AS bigint) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let deadline = Instant::now() + Duration::from_secs(20);
    while database.look(waiting).await.len() < count {
        assert!(
            Instant::now() < deadline,
            "nobody waits for the organization"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn of_two_who_remove_the_last_two_admins_one_wins_however_they_meet() {
    let database = TestDatabase::empty().await;
    let store = connected(&database).await;
    let (acme, admin, [one, two]) = acme(&store).await;
    let root = superuser(&store).await;
    let clock = Arc::new(ManualClock::default());
    let engine = CasbinPolicyEngine::new(
        Arc::clone(&store) as _,
        Arc::clone(&clock) as _,
        EngineOptions::default(),
    );
    let roles = RoleService::new(Arc::clone(&store) as _, Arc::new(engine), clock as _);
    let actor = builders::actor(&root, OrganizationKind::Root);
    let acting = Acting {
        actor: &actor,
        principal: actor.principal().unwrap(),
        organization: Some(acme),
    };
    // Both come while somebody else writes policy, and go on together.
    let mut writer = store.begin().await.unwrap();
    writer.roles().bump_policy_revision(acme).await.unwrap();
    let release = async {
        waiting(&database, 2).await;
        writer.commit().await.unwrap();
    };
    let (first, second, ()) = tokio::join!(
        roles.unassign(acting, one, admin),
        roles.unassign(acting, two, admin),
        release,
    );
    assert_ne!(first.is_ok(), second.is_ok(), "{first:?} {second:?}");
    let lost = if first.is_ok() { second } else { first };
    refused(&lost, "last_admin");
}
