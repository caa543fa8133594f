//! The last two admins, removed at once, where two transactions can be open at
//! once: on PostgreSQL.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_application::access::Access;
use auth_application::rbac::RoleService;
use auth_application::{Writer, WriterPorts};
use auth_casbin::{CasbinPolicyEngine, EngineOptions};
use auth_crypto::SystemIds;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::rbac::SystemRole;
use auth_domain::store::Store as _;
use auth_sql::{PostgresOptions, SqlStore, TlsMode};
use auth_testkit::builders::{self, at};
use auth_testkit::clock::ManualClock;
use auth_testkit::postgres::TestDatabase;

use crate::acme::{caller, refused};

async fn connected(database: &TestDatabase) -> Arc<SqlStore> {
    let server = database.server();
    let options = PostgresOptions {
        host: server.host,
        port: server.port,
        user: server.user,
        password: server.password.map(Into::into),
        database: server.database,
        tls: TlsMode::Prefer,
        root_certificate: None,
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
        let held = tx.grants().assign(acme, user.id, admin, at(0)).await;
        assert!(held.unwrap());
        holders.push(user.id);
    }
    tx.commit().await.unwrap();
    (acme, admin, [holders[0], holders[1]])
}

/// The superuser `root`.
async fn superuser(store: &SqlStore) {
    let root = store.read().organizations().find_root().await.unwrap().id;
    let roles = store.read().roles();
    let role = roles.find_system(root, SystemRole::SuperAdmin).await;
    let role = role.unwrap().unwrap().id;
    let new = builders::user(root, "root");
    let mut tx = store.begin().await.unwrap();
    let user = tx.users().insert(&new).await.unwrap();
    let held = tx.grants().assign(root, user.id, role, at(0)).await;
    assert!(held.unwrap());
    let raised = tx.organizations().raise_policy(root).await;
    assert!(raised.unwrap().is_some());
    tx.commit().await.unwrap();
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
    superuser(&store).await;
    let clock = Arc::new(ManualClock::default());
    let engine = Arc::new(CasbinPolicyEngine::new(
        Arc::clone(&store) as _,
        Arc::clone(&clock) as _,
        EngineOptions::default(),
    ));
    let access = Access::new(Arc::clone(&engine) as _, Arc::clone(&store) as _);
    let writer = Writer::new(WriterPorts {
        store: Arc::clone(&store) as _,
        feed: engine,
        sessions: None,
        ids: Arc::new(SystemIds),
        clock: Arc::clone(&clock) as _,
    });
    let roles = RoleService::new(Arc::clone(&store) as _, access.clone(), writer);
    // Two sessions: one caller does not wait for itself.
    let mut rights = Vec::new();
    for _ in 0..2 {
        let root = caller(&store, &clock, "root").await;
        rights.push(access.grant(root).await.unwrap());
    }
    // Both come while another transaction writes policy, and go on together.
    let mut other = store.begin().await.unwrap();
    let raised = other.organizations().raise_policy(acme).await;
    assert!(raised.unwrap().is_some());
    let release = async {
        waiting(&database, 2).await;
        other.commit().await.unwrap();
    };
    let (first, second, ()) = tokio::join!(
        roles.unassign(&rights[0], Some(acme), one, admin),
        roles.unassign(&rights[1], Some(acme), two, admin),
        release,
    );
    assert_ne!(first.is_ok(), second.is_ok(), "{first:?} {second:?}");
    let lost = if first.is_ok() { second } else { first };
    refused(&lost, "last_admin");
}
