//! Password hashing, access tokens, sealing, randomness and the clock.
//!
//! Adapters for the domain's ports that need cryptography or the operating
//! system, and nothing of the store or the network. No secret that passes here
//! shows in `Debug`, in an error or in a metric.

mod clock;
mod jwt;
mod passwords;
mod random;
mod refresh;

pub use clock::SystemClock;
pub use jwt::{JwtIssuer, JwtOptions, JwtSetupError};
pub use passwords::{Argon2Options, Argon2PasswordHasher, HasherSetupError};
pub use random::{RandomError, random_secret};
pub use refresh::ChaChaRefreshTokens;
