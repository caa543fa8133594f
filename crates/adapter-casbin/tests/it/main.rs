//! The policy engine: decisions against their oracles, freshness, sharing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its support code too"
)]

mod at_hand;
mod bounds;
mod decisions;
mod dropped;
mod explained;
mod freshness;
mod prepared;
mod sharing;
mod support;
