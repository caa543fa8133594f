//! A PostgreSQL database of a test's own.

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, ImageExt as _};
use testcontainers_modules::postgres::Postgres;
use url::Url;
use uuid::Uuid;

use crate::rows;

/// The variable that names a server: `postgres://postgres@127.0.0.1:5432/postgres`.
pub const URL: &str = "AUTH_TEST_POSTGRES_URL";

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

/// An empty database, dropped with the test.
pub struct TestDatabase {
    admin_url: String,
    name: String,
    url: String,
    _container: Option<ContainerAsync<Postgres>>,
}

impl TestDatabase {
    /// Makes a database on the server of [`URL`], else in a container; without
    /// either the test fails and says what to do.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests find their server by a variable"
    )]
    pub async fn empty() -> Self {
        let (admin_url, container) = match std::env::var(URL) {
            Ok(url) => (url, None),
            Err(_unset) => start_container().await,
        };
        let name = format!("auth_test_{}", Uuid::now_v7().simple());
        let admin = connect(&admin_url).await;
        let create = format!("CREATE DATABASE {name}");
        admin.execute_unprepared(&create).await.unwrap();
        admin.close().await.unwrap();
        let (server, _) = admin_url
            .rsplit_once('/')
            .expect("a URL that ends in a database");
        Self {
            url: format!("{server}/{name}"),
            admin_url,
            name,
            _container: container,
        }
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

    /// The rows of a query; see [`StoreSubject::look`](crate::contracts::StoreSubject::look).
    pub async fn look(&self, sql: &str) -> Vec<String> {
        rows::look(&self.url, sql).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let url = self.admin_url.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let admin = connect(&url).await;
                admin.execute_unprepared(&drop).await.unwrap();
            });
        });
        // The test's own failure, if there is one, matters more.
        let _left_behind = dropping.join();
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    Database::connect(url)
        .await
        .unwrap_or_else(|error| panic!("{URL}={url} cannot be reached: {error}"))
}

async fn start_container() -> (String, Option<ContainerAsync<Postgres>>) {
    let started = Postgres::default().with_tag("16-alpine").start().await;
    let container = started.unwrap_or_else(|error| {
        panic!(
            "this test needs PostgreSQL: run scripts/test.sh, which brings one up, or set {URL} \
             (postgres://postgres@127.0.0.1:5432/postgres), or start Docker ({error})"
        )
    });
    let port = container.get_host_port_ipv4(5432).await.unwrap();
    let url = format!("postgres://postgres:postgres@127.0.0.1:{port}/postgres");
    (url, Some(container))
}
