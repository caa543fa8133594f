//! Tokens that hold and tokens that do not, keys, sealing, passwords, the clock.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its support code too"
)]

mod cache;
mod claims;
mod forged;
mod keys;
mod mutated;
mod one_time;
mod passwords;
mod refresh;
mod support;
mod system;
mod tokens;
