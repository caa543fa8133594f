//! Use cases at their ports: mocks where behaviour at a port counts, the real
//! SQLite store where state does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a panic is a failed test"
)]

mod access;
mod acme;
mod admins;
mod alerts;
mod bootstrap;
mod contacts;
mod deactivation;
mod decisions;
mod errors;
mod fakes;
mod gate;
mod gate_again;
mod gauges;
mod grants;
mod ground;
mod jobs;
mod last_admin;
mod limits;
mod login;
mod login_limits;
mod login_mocks;
mod mails;
mod office;
mod organizations;
mod parts;
mod password_change;
mod people;
mod policy;
mod post;
mod ranks;
mod recorder;
mod recovery;
mod refresh;
mod registration;
mod relay;
mod role_ranks;
mod roles;
mod schedules;
mod sessions;
mod sign_in;
mod staff;
mod tokens;
mod transactions;
mod users;
