//! The adapters on a real server: the contracts of their ports, what they
//! leave in Redis, and what happens while it is away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a panic is a failed test"
)]

mod broadcast;
mod caches;
mod faults;
mod logs;
mod ports;
mod rate_limiter;
mod support;
