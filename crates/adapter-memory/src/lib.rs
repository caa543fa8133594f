//! In-process twins of what other servers do: for the embedded mode, and for
//! when such a server is away.

mod expiring;
mod fallback;
mod rate_limiter;
mod sessions;
mod tokens;

pub use fallback::FallbackRateLimiter;
pub use rate_limiter::MemoryRateLimiter;
pub use sessions::MemorySessionCache;
pub use tokens::MemoryOneTimeTokenIndex;
