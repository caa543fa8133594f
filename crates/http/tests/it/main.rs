//! The edge as a client meets it, over use cases whose ports are mocks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod edge;
mod golden;
mod requests;
mod routes;
mod support;
