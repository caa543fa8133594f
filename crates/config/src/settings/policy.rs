//! Decisions.

use std::time::Duration;

use crate::kinds::{milliseconds, number};

section! {
    /// Decisions.
    #[derive(Debug, Clone, Copy)]
    pub struct Policy {
        /// Milliseconds between polls of policy revisions.
        POLICY_POLL_MS => pub poll: Duration = milliseconds(10, 60_000).default("250"),
        /// Milliseconds that a policy is used without being confirmed.
        POLICY_LEASE_MS => pub lease: Duration = milliseconds(50, 1000).default("1000"),
        /// Organizations whose compiled policy is kept in memory.
        POLICY_CACHE_ORGANIZATIONS => pub cache_organizations: usize =
            number(1, 1_000_000).default("10000"),
    }
}
