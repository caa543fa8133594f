//! What other programs read of the domain.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: a panic is a failed test"
)]

mod credentials;
mod events;
mod gate;
mod rules;
mod support;
mod values;
