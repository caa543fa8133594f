//! Tests of the whole service: the real binaries, over HTTP and the command
//! line, embedded and on PostgreSQL.

mod support;

mod architecture;
mod bad_input;
mod bootstrap;
mod cli;
mod decisions;
mod organizations;
mod processes;
mod registration;
mod sessions;
mod start;
mod sweep;
mod tokens;
mod tour;
