//! Use cases at their ports: mocks where behaviour at a port counts, the real
//! SQLite store where state does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test code: a panic is a failed test"
)]

mod acme;
mod admins;
mod contacts;
mod deactivation;
mod fakes;
mod grants;
mod last_admin;
mod login;
mod office;
mod policy;
mod ranks;
mod roles;
mod transactions;
mod users;
