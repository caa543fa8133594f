//! A migrated database that tests copy: migrating costs far more than a copy.
//!
//! Its name says which state of the schema it has, so that it serves every
//! process and every run until the schema changes. An advisory lock of the
//! server orders processes that copy (shared) and those that make or drop a
//! template (exclusive). It goes with the connection, whatever becomes of the test.

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};

use super::{PREFIX, Server, connect};
use crate::schema;

/// What the name of every template begins with.
const TEMPLATE: &str = "auth_template_";
/// The advisory lock: the bytes `authtmpl`.
const LOCK: i64 = 0x6175_7468_746d_706c;

/// Templates of other states of the schema, but for those made last, which may
/// be of other builds that are tested on the same server.
const OLD_TEMPLATES: &str = r"
SELECT datname::text FROM pg_database WHERE datname LIKE 'auth\_template\_%'
ORDER BY oid DESC OFFSET 8";

/// Databases of tests that were killed: made more than an hour ago, which a
/// UUIDv7 says in its first 48 bits, and without a connection.
const LEFT_BEHIND: &str = r"
SELECT datname::text FROM pg_database d WHERE datname LIKE 'auth\_test\_%'
    AND datname < $1 || lpad(to_hex(CAST(extract(epoch FROM now()) - 3600 AS bigint) * 1000), 12, '0')
    AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid)";

/// Makes a database as a copy of the template.
pub(super) async fn copy(server: &Server, name: &str) {
    let admin = connect(server.admin_url()).await;
    let template = format!("{TEMPLATE}{}", schema::HASH);
    run(&admin, &format!("SELECT pg_advisory_lock_shared({LOCK})")).await;
    if !exists(&admin, &template).await {
        run(&admin, &format!("SELECT pg_advisory_unlock_shared({LOCK})")).await;
        run(&admin, &format!("SELECT pg_advisory_lock({LOCK})")).await;
        if !exists(&admin, &template).await {
            sweep(&admin).await;
            make(server, &admin, &template).await;
        }
    }
    run(
        &admin,
        &format!("CREATE DATABASE {name} TEMPLATE {template}"),
    )
    .await;
    admin.close().await.unwrap();
}

/// Under another name until it is whole, so that none is used that was left
/// half made.
async fn make(server: &Server, admin: &DatabaseConnection, template: &str) {
    let unfinished = format!("{PREFIX}unfinished_template");
    let drop = format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)");
    run(admin, &drop).await;
    run(admin, &format!("CREATE DATABASE {unfinished}")).await;
    let conn = connect(&server.url_of(&unfinished)).await;
    schema::migrate(&conn).await;
    conn.close().await.unwrap();
    let lock_out = format!("ALTER DATABASE {unfinished} ALLOW_CONNECTIONS false");
    run(admin, &lock_out).await;
    let rename = format!("ALTER DATABASE {unfinished} RENAME TO {template}");
    run(admin, &rename).await;
}

/// Drops what earlier runs left on the server.
async fn sweep(admin: &DatabaseConnection) {
    let mut old = names(admin, OLD_TEMPLATES, []).await;
    old.extend(names(admin, LEFT_BEHIND, [PREFIX.into()]).await);
    for name in old {
        let drop = format!("DROP DATABASE IF EXISTS {name}");
        // Another run may use it or drop it at this moment.
        let _still_there = admin.execute_unprepared(&drop).await;
    }
}

async fn exists(admin: &DatabaseConnection, name: &str) -> bool {
    let query = "SELECT datname::text FROM pg_database WHERE datname = $1";
    !names(admin, query, [name.into()]).await.is_empty()
}

async fn names<const N: usize>(
    admin: &DatabaseConnection,
    query: &str,
    values: [sea_orm::Value; N],
) -> Vec<String> {
    let query = Statement::from_sql_and_values(admin.get_database_backend(), query, values);
    let rows = admin.query_all_raw(query).await.unwrap();
    let names = rows.iter().map(|row| row.try_get_by_index(0).unwrap());
    names.collect()
}

async fn run(conn: &DatabaseConnection, sql: &str) {
    let done = conn.execute_unprepared(sql).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
