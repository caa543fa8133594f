//! What tests share: contract suites per port, a clock to set, databases.
//! Never a dependency of anything that ships.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test code: a panic is a failed test"
)]

pub mod builders;
pub mod clock;
pub mod contracts;
pub mod openapi;
pub mod postgres;
pub mod rabbit;
pub mod redis;
mod rows;
mod schema;
pub mod sqlite;
