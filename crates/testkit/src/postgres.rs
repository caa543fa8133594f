//! A PostgreSQL database of a test's own.

mod server;
mod template;

use std::sync::Arc;

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use url::Url;
use uuid::Uuid;

use self::server::Server;
use crate::rows;

pub use self::server::URL;

/// What the name of every database of a test begins with. What follows sorts
/// by the time when it was made.
const PREFIX: &str = "auth_test_";

/// Where a database is, for a program's settings.
#[derive(Debug, Clone)]
pub struct DatabaseAddress {
    pub host: String,
    pub port: u16,
    pub user: String,
    /// `None` where the server asks for none.
    pub password: Option<String>,
    pub database: String,
}

/// A database, dropped with the test.
pub struct TestDatabase {
    server: Arc<Server>,
    name: String,
    url: String,
}

impl TestDatabase {
    /// An empty database on the server of [`URL`], else in a container;
    /// without either the test fails and says what to do.
    pub async fn empty() -> Self {
        let database = Self::unmade().await;
        let admin = connect(database.server.admin_url()).await;
        let create = format!("CREATE DATABASE {}", database.name);
        admin.execute_unprepared(&create).await.unwrap();
        admin.close().await.unwrap();
        database
    }

    /// An empty database with another encoding than UTF8.
    pub async fn with_encoding(encoding: &str) -> Self {
        let database = Self::unmade().await;
        let admin = connect(database.server.admin_url()).await;
        let create = format!(
            "CREATE DATABASE {} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0",
            database.name
        );
        admin.execute_unprepared(&create).await.unwrap();
        admin.close().await.unwrap();
        database
    }

    /// A database with the schema of this build and its seed: a copy of a
    /// template that the first test of a state of the schema makes.
    pub async fn migrated() -> Self {
        let database = Self::unmade().await;
        template::copy(&database.server, &database.name).await;
        database
    }

    /// The name and the place of a database that is not made yet.
    async fn unmade() -> Self {
        let server = server::shared().await;
        let name = format!("{PREFIX}{}", Uuid::now_v7().simple());
        let url = server.url_of(&name);
        Self { server, name, url }
    }

    /// The address of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The parts of that address.
    pub fn server(&self) -> DatabaseAddress {
        let url = Url::parse(&self.url).unwrap();
        DatabaseAddress {
            host: url.host_str().unwrap_or("127.0.0.1").to_owned(),
            port: url.port().unwrap_or(5432),
            user: url.username().to_owned(),
            password: url.password().map(str::to_owned),
            database: self.name.clone(),
        }
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        let conn = connect(&self.url).await;
        conn.execute_unprepared(sql).await.unwrap();
        conn.close().await.unwrap();
    }

    /// Ends every other session on it, as a restart of the server does.
    pub async fn end_sessions(&self) {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.execute(end).await;
    }

    /// The rows of a query; see [`StoreSubject::look`](crate::contracts::StoreSubject::look).
    pub async fn look(&self, sql: &str) -> Vec<String> {
        rows::look(&self.url, sql).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = Arc::clone(&self.server);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let admin = connect(server.admin_url()).await;
                admin.execute_unprepared(&drop).await.unwrap();
            });
        });
        // The test's own failure, if there is one, matters more.
        let _left_behind = dropping.join();
    }
}

/// One connection: what is locked on it is locked until it is closed.
async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    Database::connect(options)
        .await
        .unwrap_or_else(|error| panic!("{URL}={url} cannot be reached: {error}"))
}
