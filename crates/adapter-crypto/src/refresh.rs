//! Refresh tokens, and successors sealed under their predecessors.
//!
//! Sealed form: one version byte, a nonce of 24 bytes, then the ciphertext and
//! tag of XChaCha20-Poly1305 with the version byte as associated data. The key
//! is HKDF-SHA256 (RFC 5869) of the old token, which the store does not hold:
//! a reader of the store can open nothing.

use auth_domain::identity::{RefreshToken, RefreshTokens, SealedToken, TokenError};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::random::{self, SECRET_BYTES};

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const SALT: &[u8] = b"auth-microservice refresh token";
const INFO: &[u8] = b"seal successor, version 1";

/// Refresh tokens of 48 random bytes; successors sealed with
/// XChaCha20-Poly1305.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChaChaRefreshTokens;

impl RefreshTokens for ChaChaRefreshTokens {
    fn generate(&self) -> Result<RefreshToken, TokenError> {
        let token = random::base64url::<SECRET_BYTES>().map_err(|e| TokenError(e.to_string()))?;
        Ok(RefreshToken::new(token))
    }

    fn seal(
        &self,
        old: &RefreshToken,
        successor: &RefreshToken,
    ) -> Result<SealedToken, TokenError> {
        let nonce = random::bytes::<NONCE_BYTES>().map_err(|e| TokenError(e.to_string()))?;
        let payload = Payload {
            msg: successor.expose().as_bytes(),
            aad: &[VERSION],
        };
        let ciphertext = cipher(old)
            .and_then(|cipher| cipher.encrypt(&XNonce::from(nonce), payload).ok())
            .ok_or_else(|| TokenError("sealing failed".to_owned()))?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + ciphertext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(SealedToken(sealed))
    }

    fn open(&self, old: &RefreshToken, sealed: &SealedToken) -> Option<RefreshToken> {
        let (version, rest) = sealed.0.split_first()?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if *version != VERSION {
            return None;
        }
        let payload = Payload {
            msg: ciphertext,
            aad: &[VERSION],
        };
        let plain = cipher(old)?.decrypt(&XNonce::from(*nonce), payload).ok()?;
        Some(RefreshToken::new(String::from_utf8(plain).ok()?))
    }
}

fn cipher(old: &RefreshToken) -> Option<XChaCha20Poly1305> {
    let mut key = [0; 32];
    let derivation = Hkdf::<Sha256>::new(Some(SALT), old.expose().as_bytes());
    derivation.expand(INFO, &mut key).ok()?;
    Some(XChaCha20Poly1305::new(&Key::from(key)))
}
