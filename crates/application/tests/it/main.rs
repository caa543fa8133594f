//! Use cases at their ports: mocks where behaviour at a port counts, the real
//! SQLite store where state does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a panic is a failed test"
)]

mod fakes;
mod login;
mod transactions;
