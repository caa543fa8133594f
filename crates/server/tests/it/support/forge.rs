//! Key pairs, and tokens that another issuer signed.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

/// What stands before the seed in PKCS#8 (RFC 8410, section 7).
const PRIVATE: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
/// What stands before a public key (RFC 8410, section 4).
const PUBLIC: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// An Ed25519 key pair of which the public half is what the service publishes.
pub(crate) struct KeyPair {
    pkcs8: Vec<u8>,
}

impl KeyPair {
    /// The key of a seed: any byte makes another one.
    pub(crate) fn of(seed: u8) -> Self {
        Self {
            pkcs8: [PRIVATE, &[seed; 32]].concat(),
        }
    }

    /// The private key, as `openssl genpkey -algorithm ed25519` writes it.
    pub(crate) fn private_pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8)
    }

    /// A token under this key.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let key = EncodingKey::from_ed_der(&self.pkcs8);
        signed(header, claims, &key, Algorithm::EdDSA)
    }
}

/// A public key, as it is published, as `SubjectPublicKeyInfo` in PEM.
pub(crate) fn public_pem(x: &str) -> String {
    pem("PUBLIC KEY", &public_der(x))
}

/// A public key, as it is published, as `SubjectPublicKeyInfo`.
pub(crate) fn public_der(x: &str) -> Vec<u8> {
    [PUBLIC, &raw(x)].concat()
}

/// The bytes of base64url.
pub(crate) fn raw(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A token under a shared key.
pub(crate) fn hs256(header: &Value, claims: &Value, key: &[u8]) -> String {
    let key = EncodingKey::from_secret(key);
    signed(header, claims, &key, Algorithm::HS256)
}

/// A token with that signature.
pub(crate) fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    format!("{}.{signature}", message(header, claims))
}

/// The header of a token.
pub(crate) fn header_of(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&raw(header)).unwrap()
}

/// The claims that a token of ours has.
pub(crate) fn claims(user: i64, session: i64) -> Value {
    json!({
        "sub": user.to_string(), "session_id": session, "exp": now() + 600, "iat": now() - 1,
        "iss": "auth-microservice", "aud": "auth-microservice", "jti": "forged",
    })
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a forger's clock")]
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = message(header, claims);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn message(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}")
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
