//! The server that a process makes its databases on.

use std::sync::{Arc, Weak};

use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, ImageExt as _};
use testcontainers_modules::postgres::Postgres;
use tokio::sync::Mutex;

/// The variable that names a server: `postgres://postgres@127.0.0.1:5432/postgres`.
pub const URL: &str = "AUTH_TEST_POSTGRES_URL";

/// A server, and its container where it runs in one. The container goes with
/// the last database on it.
pub(super) struct Server {
    admin_url: String,
    _container: Option<ContainerAsync<Postgres>>,
}

/// The server that other tests of this process use right now.
static SHARED: Mutex<Weak<Server>> = Mutex::const_new(Weak::new());

/// The server of [`URL`], else one container for all tests of this process.
pub(super) async fn shared() -> Arc<Server> {
    let mut shared = SHARED.lock().await;
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let server = Arc::new(start().await);
    *shared = Arc::downgrade(&server);
    server
}

impl Server {
    /// The database that others are made from.
    pub(super) fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The address of a database of the server.
    pub(super) fn url_of(&self, database: &str) -> String {
        let (server, _) = self
            .admin_url
            .rsplit_once('/')
            .expect("a URL that ends in a database");
        format!("{server}/{database}")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests find their server by a variable"
)]
async fn start() -> Server {
    if let Ok(admin_url) = std::env::var(URL) {
        return Server {
            admin_url,
            _container: None,
        };
    }
    let started = Postgres::default().with_tag("16-alpine").start().await;
    let container = started.unwrap_or_else(|error| {
        panic!(
            "this test needs PostgreSQL: run scripts/test.sh, which brings one up, or set {URL} \
             (postgres://postgres@127.0.0.1:5432/postgres), or start Docker ({error})"
        )
    });
    let port = container.get_host_port_ipv4(5432).await.unwrap();
    Server {
        admin_url: format!("postgres://postgres:postgres@127.0.0.1:{port}/postgres"),
        _container: Some(container),
    }
}
