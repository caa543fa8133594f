//! Redis (6.2 and later, or Valkey): caches, rate limits, and news between
//! instances. Nothing here is ever the truth; what is lost costs time only.
//!
//! All adapters share one [`RedisConnection`], which connects in the
//! background. While there is no connection every port answers `Unavailable`
//! at once; nothing is queued, and nothing waits longer than the command
//! timeout of [`RedisOptions`].

mod broadcast;
mod connection;
mod decisions;
mod errors;
mod keys;
mod link;
mod options;
mod probe;
mod rate_limiter;
mod script;
mod seal;
mod sessions;
mod tokens;

pub use broadcast::RedisPolicyBroadcast;
pub use connection::RedisConnection;
pub use decisions::RedisDecisionCache;
pub use options::RedisOptions;
pub use probe::RedisProbe;
pub use rate_limiter::RedisRateLimiter;
pub use sessions::RedisSessionCache;
pub use tokens::RedisOneTimeTokenIndex;
