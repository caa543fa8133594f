//! A running service, a client of it, people to act as, and their mail.

mod api;
mod counted;
pub(crate) mod forge;
mod mail;
mod place;
mod server;
mod tokens;
mod world;

use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) use api::{Answer, Api};
pub(crate) use counted::CountedStatements;
pub(crate) use place::{Mode, Place};
pub(crate) use server::Server;
pub(crate) use tokens::{Tokens, introspect};
pub(crate) use world::{World, bootstrap, person};

pub(crate) const SECRET: &str = "internal-secret-of-the-tests-0123456789abcdef";
pub(crate) const BOOTSTRAP: &str = "bootstrap-secret-of-the-tests-0123456789abcdef";
pub(crate) const JWT_KEY: &str = "token-key-of-the-tests-0123456789abcdefghijklmn";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// How long something in the background may take on a busy machine.
const HAPPENS_WITHIN: Duration = Duration::from_secs(30);

/// Looks again until there is an answer, and fails with `what` if there never
/// is one.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + HAPPENS_WITHIN;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
}
