//! Use cases at their ports: mocks where behaviour at a port counts, the real
//! SQLite store where state does.

mod fakes;
mod login;
mod transactions;
