//! The in-process twins keep the contracts of their ports.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

mod caches;
mod fallback;
mod rate_limiter;
