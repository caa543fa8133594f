//! Tests of the whole service: the real binaries, over HTTP and the command
//! line, embedded and on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a panic is a failed test"
)]

mod support;

mod alerts;
mod architecture;
mod bad_input;
mod bootstrap;
mod cli;
mod decisions;
mod introspection;
mod jobs;
mod keys;
mod known_or_not;
mod limits;
mod organizations;
mod password_change;
mod password_reset;
mod processes;
mod redis_faults;
mod registration;
mod roles;
mod roles_attacks;
mod roles_policy;
mod sessions;
mod start;
mod statements;
mod sweep;
mod tokens;
mod tour;
mod user_attacks;
mod user_sessions;
mod users;
mod verification;
