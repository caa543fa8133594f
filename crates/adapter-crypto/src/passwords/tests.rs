//! The hasher while its one thread is held and its one place may be taken.

use std::sync::mpsc::{self, Sender};

use auth_domain::identity::Password;
use futures::executor::block_on;
use futures::{join, poll};
use metrics_exporter_prometheus::PrometheusBuilder;

use super::*;

fn narrow() -> Argon2PasswordHasher {
    let options = Argon2Options {
        threads: 1,
        queue: 1,
        memory_kib: 64,
        iterations: 1,
        ..Argon2Options::default()
    };
    Argon2PasswordHasher::new(options).unwrap()
}

/// Holds the thread until the answer is dropped.
fn hold(hasher: &Argon2PasswordHasher) -> Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let held = hasher.pool.submit(move |_| {
        begun.send(()).unwrap();
        let _ = released.recv();
    });
    has_begun.recv().unwrap();
    drop(held.unwrap());
    release
}

#[test]
fn a_full_queue_is_busy_at_once_and_recovers() {
    let hasher = narrow();
    let password = Password::attempt("password");
    let held = hold(&hasher);
    block_on(async {
        let mut waiting = hasher.hash(&password);
        assert!(poll!(&mut waiting).is_pending());
        let refused = hasher.verify(&password, None).await;
        assert!(matches!(refused, Err(HashError::Busy)));
        let refused = hasher.hash(&password).await;
        assert!(matches!(refused, Err(HashError::Busy)));
        drop(held);
        let stored = waiting.await.unwrap();
        let verified = hasher.verify(&password, Some(stored)).await.unwrap();
        assert!(verified.matches);
    });
}

#[test]
fn callers_that_go_away_leave_their_places_to_others() {
    let hasher = narrow();
    let password = Password::attempt("password");
    let held = hold(&hasher);
    block_on(async {
        for _ in 0..10 {
            let mut gone = hasher.verify(&password, None);
            assert!(poll!(&mut gone).is_pending(), "it has a place");
        }
        let mut waiting = hasher.verify(&password, None);
        assert!(poll!(&mut waiting).is_pending());
        drop(held);
        assert!(waiting.await.is_ok());
    });
}

#[test]
fn the_metrics_tell_the_work_the_queue_and_the_refusals() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let told = |line: &str| {
        let shown = metrics.render();
        assert!(
            shown.lines().any(|shown| shown == line),
            "{line} in {shown}"
        );
    };
    let hasher = metrics::with_local_recorder(&recorder, narrow);
    told("auth_hash_queue_depth 0");
    let password = Password::attempt("password");
    let held = hold(&hasher);
    block_on(async {
        let mut waiting = hasher.verify(&password, None);
        assert!(poll!(&mut waiting).is_pending());
        told("auth_hash_queue_depth 1");
        assert!(hasher.hash(&password).await.is_err());
        told("auth_hash_rejected_total 1");
        drop(held);
        assert!(waiting.await.is_ok());
        assert!(hasher.hash(&password).await.is_ok());
    });
    told("auth_hash_queue_depth 0");
    told("auth_hash_seconds_count{operation=\"verify\"} 1");
    told("auth_hash_seconds_count{operation=\"hash\"} 1");
}

#[test]
fn hashes_of_several_callers_go_on_at_once() {
    let options = Argon2Options {
        threads: 2,
        ..narrow().options.clone()
    };
    let hasher = Argon2PasswordHasher::new(options).unwrap();
    let password = Password::attempt("password");
    let held = hold(&hasher);
    let (one, two) = block_on(async { join!(hasher.hash(&password), hasher.hash(&password)) });
    assert!(one.is_ok() && two.is_ok(), "the other thread worked");
    drop(held);
}

#[test]
fn debug_output_shows_the_options_and_nothing_else() {
    let shown = format!("{:?}", narrow());
    assert!(shown.contains("memory_kib: 64"), "{shown}");
    assert!(
        !shown.contains("dummy") && !shown.contains("salt"),
        "{shown}"
    );
}
