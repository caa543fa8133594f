//! Password hashing, common passwords, access and one-time tokens, sealing,
//! keyed hashes, randomness and the clock.
//!
//! Adapters for the domain's ports that need cryptography or the operating
//! system, and nothing of the store or the network. No secret that passes here
//! shows in `Debug`, in an error or in a metric.

mod clock;
mod common_passwords;
mod ids;
mod jwt;
mod login_names;
mod one_time;
mod passwords;
mod random;
mod refresh;

pub use clock::SystemClock;
pub use common_passwords::CommonPasswordList;
pub use ids::SystemIds;
pub use jwt::{JwtIssuer, JwtOptions, JwtSetupError, KeyRole, SigningKey};
pub use login_names::{HmacLoginNames, LoginNamesSetupError};
pub use one_time::RandomOneTimeTokens;
pub use passwords::{Argon2Options, Argon2PasswordHasher, HasherSetupError};
pub use random::{RandomError, random_secret};
pub use refresh::ChaChaRefreshTokens;
