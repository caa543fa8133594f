//! How many passwords this machine hashes per second with the shipped
//! parameters: bare, and through the pool.
//!
//! `cargo run --profile dist -p auth-crypto --example hash_rate [seconds]`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measurement that is read by a person"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use auth_crypto::{Argon2Options, Argon2PasswordHasher};
use auth_domain::identity::{Password, PasswordHasher as _};
use futures::executor::block_on;

fn main() {
    let seconds = std::env::args()
        .nth(1)
        .map_or(3, |text| text.parse().unwrap());
    let span = Duration::from_secs(seconds);
    let options = Argon2Options::default();
    println!("{options:?}");
    for threads in [1, options.threads] {
        println!(
            "bare, {threads} threads: {:.1}/s",
            bare(&options, threads, span)
        );
    }
    for threads in [1, options.threads] {
        println!("pool, {threads} threads: {:.1}/s", pooled(threads, span));
    }
}

/// Hashes on threads that share nothing, each in its own memory.
fn bare(options: &Argon2Options, threads: usize, span: Duration) -> f64 {
    let params = Params::new(options.memory_kib, options.iterations, options.lanes, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    rate(threads, span, || {
        let mut blocks = vec![Block::new(); argon2.params().block_count()];
        let argon2 = &argon2;
        move || {
            let mut output = [0; 32];
            let memory = blocks.as_mut_slice();
            let salt = b"sixteen bytes...";
            let hashed =
                argon2.hash_password_into_with_memory(b"password", salt, &mut output, memory);
            hashed.unwrap();
        }
    })
}

/// Hashes through a pool that is never without work.
fn pooled(threads: usize, span: Duration) -> f64 {
    let options = Argon2Options {
        threads,
        ..Argon2Options::default()
    };
    let hasher = Argon2PasswordHasher::new(options).unwrap();
    let password = Password::attempt("password");
    rate(threads * 4, span, || {
        || drop(block_on(hasher.hash(&password)).unwrap())
    })
}

/// Calls per second of `callers` threads that each call what `make` made.
fn rate<W: FnMut()>(callers: usize, span: Duration, make: impl Fn() -> W + Sync) -> f64 {
    let calls = AtomicUsize::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                let mut work = make();
                while start.elapsed() < span {
                    work();
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    calls.into_inner() as f64 / start.elapsed().as_secs_f64()
}
