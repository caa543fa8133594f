//! Tokens that hold and tokens that do not, sealing, passwords, the clock.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its support code too"
)]

mod forged;
mod passwords;
mod refresh;
mod support;
mod system;
mod tokens;
