//! The composition root: everything that knows every crate.
//!
//! `cli` is what an operator types, `wiring` turns settings into adapters and
//! services, `serve` and `work` run them. The binaries only name which.

pub mod cli;
mod console;
mod failure;
mod serve;
mod wiring;
mod work;

pub use failure::Failure;
