//! The store on both databases: the contract suites of its ports, and its
//! migrations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

mod faults;
mod jobs;
mod migrations;
mod postgres;
mod sqlite;
mod upgrade;
