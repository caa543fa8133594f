//! In-process twins of what other servers do: for the embedded mode, and for
//! when such a server is away.

mod rate_limiter;

pub use rate_limiter::MemoryRateLimiter;
