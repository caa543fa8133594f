//! The composition root: everything that knows every crate.
//!
//! `cli` is what an operator types, `wiring` turns settings into adapters and
//! services, `serve` and `work` run them. The binaries only name which.

/// Requests make many small, short-lived allocations on few threads: measured
/// against the system's allocator in `docs/performance.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod cli;
mod console;
mod failure;
mod serve;
mod wiring;
mod work;

pub use failure::Failure;
