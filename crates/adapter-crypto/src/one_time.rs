//! One-time tokens.

use auth_domain::identity::{OneTimeToken, OneTimeTokens, TokenError};

use crate::random;

/// The random bytes of a one-time token: 256 bits.
const BYTES: usize = 32;

/// One-time tokens of 32 random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomOneTimeTokens;

impl OneTimeTokens for RandomOneTimeTokens {
    fn generate(&self) -> Result<OneTimeToken, TokenError> {
        let token = random::base64url::<BYTES>().map_err(|e| TokenError(e.to_string()))?;
        Ok(OneTimeToken::new(token))
    }
}
