//! Keyed hashes of login names that no account has.

use std::fmt;

use auth_domain::security::{LoginNameHash, LoginNameHasher};
use auth_domain::text::NameKey;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

const SALT: &[u8] = b"auth-microservice login name";
const INFO: &[u8] = b"hash unknown login name, version 1";
/// The block of SHA-256: the longest key that HMAC takes as it is.
const KEY_BYTES: usize = 64;

/// Why an [`HmacLoginNames`] could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LoginNamesSetupError {
    /// The secret is empty: any reader could compute the hashes.
    #[error("the secret that login names are hashed under is empty")]
    EmptySecret,
    /// The key could not be derived: a defect.
    #[error("the key that login names are hashed under could not be derived")]
    Derivation,
}

/// HMAC-SHA-256 (RFC 2104) of login names under a key that is derived from a
/// secret of the installation (HKDF, RFC 5869), for this purpose alone.
#[derive(Clone)]
pub struct HmacLoginNames {
    keyed: Hmac<Sha256>,
}

impl HmacLoginNames {
    /// A hasher under a key derived from any secret of the installation; with
    /// another secret, all hashes are others.
    pub fn new(secret: &SecretString) -> Result<Self, LoginNamesSetupError> {
        let secret = secret.expose_secret().as_bytes();
        if secret.is_empty() {
            return Err(LoginNamesSetupError::EmptySecret);
        }
        let mut key = [0; KEY_BYTES];
        let derived = Hkdf::<Sha256>::new(Some(SALT), secret).expand(INFO, &mut key);
        derived.or(Err(LoginNamesSetupError::Derivation))?;
        Ok(Self {
            keyed: Hmac::new(&key.into()),
        })
    }
}

impl LoginNameHasher for HmacLoginNames {
    fn hash(&self, name: &NameKey) -> LoginNameHash {
        let mut keyed = self.keyed.clone();
        keyed.update(name.as_str().as_bytes());
        LoginNameHash(keyed.finalize().into_bytes().into())
    }
}

impl fmt::Debug for HmacLoginNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacLoginNames(redacted)")
    }
}
