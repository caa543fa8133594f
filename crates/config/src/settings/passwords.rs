//! Password hashing.

use super::one_a_processor;
use crate::kinds::number;

section! {
    /// Password hashing.
    #[derive(Debug, Clone, Copy)]
    pub struct Argon2 {
        /// Memory of one password hash, in KiB; at least 8 a lane.
        ARGON2_MEMORY_KIB => pub memory_kib: u32 = number(8, 1 << 20).default("19456"),
        /// Passes of one password hash.
        ARGON2_ITERATIONS => pub iterations: u32 = number(1, 100).default("2"),
        /// Lanes of one password hash.
        ARGON2_LANES => pub lanes: u32 = number(1, 64).default("1"),
        /// Threads that hash passwords; unset: one a processor.
        HASH_THREADS => pub threads: usize = number(1, 1024).unset(one_a_processor),
        /// Passwords that wait for a thread before a request is refused with 503.
        HASH_QUEUE => pub queue: usize = number(1, 100_000).default("64"),
    }
}
