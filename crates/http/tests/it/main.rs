//! The edge as a client meets it, over use cases whose ports are mocks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod bodies;
mod client;
mod documents;
mod edge;
mod golden;
mod modules;
mod requests;
mod routes;
mod support;
mod validity;
