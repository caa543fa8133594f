//! Randomness from the operating system.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

/// How many random bytes a secret has: 384 bits, 64 characters of base64url.
pub(crate) const SECRET_BYTES: usize = 48;

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness: {0}")]
pub struct RandomError(#[from] getrandom::Error);

/// A fresh secret for a generated secrets file: 48 random bytes in base64url
/// without padding, 64 characters.
pub fn random_secret() -> Result<SecretString, RandomError> {
    Ok(base64url::<SECRET_BYTES>()?.into())
}

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// `N` random bytes in base64url without padding (RFC 4648, section 5).
pub(crate) fn base64url<const N: usize>() -> Result<String, RandomError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<N>()?))
}
