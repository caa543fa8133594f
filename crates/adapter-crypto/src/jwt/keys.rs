//! The keys that tokens are signed with. Which key verifies a token is found
//! in this table and nowhere else; a key knows its algorithm, a header does not
//! choose it (RFC 8725, section 3.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::Serialize;

/// The media type of our tokens (RFC 9068, section 2.1).
pub(super) const TYPE: &str = "at+jwt";

#[derive(Serialize)]
struct IssuedHeader<'a> {
    typ: &'a str,
    alg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

/// One key with its algorithm.
pub(super) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    algorithm_name: &'static str,
    signing: EncodingKey,
    verifying: DecodingKey,
    header: String,
}

impl Key {
    /// A key for HS256 (RFC 7518, section 3.2) that both sides hold. It has no
    /// `kid`.
    pub(super) fn shared(secret: &[u8]) -> Result<Self, serde_json::Error> {
        let algorithm_name = "HS256";
        let header = IssuedHeader {
            typ: TYPE,
            alg: algorithm_name,
            kid: None,
        };
        Ok(Self {
            id: None,
            algorithm: Algorithm::HS256,
            algorithm_name,
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            header: URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?),
        })
    }

    /// The `alg` that a header under this key has.
    pub(super) fn algorithm_name(&self) -> &'static str {
        self.algorithm_name
    }

    /// The encoded header of the tokens that this key signs.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// Signs with this key's algorithm.
    // The provider is named instead of installed: no state of the process and
    // no feature of another crate can change it.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signer = (DEFAULT_PROVIDER.signer_factory)(&self.algorithm, &self.signing)?;
        let signature = signer.try_sign(message);
        signature.map_err(|e| ErrorKind::Signing(e.to_string()).into())
    }

    /// Whether a signature is of this key, in constant time.
    pub(super) fn verifies(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm, &self.verifying)
            .is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

/// The key that signs, and further ones whose tokens are still accepted.
pub(super) struct KeyRing {
    current: Key,
    accepted: Vec<Key>,
}

impl KeyRing {
    /// A ring of one key.
    pub(super) fn of(current: Key) -> Self {
        Self {
            current,
            accepted: Vec::new(),
        }
    }

    /// The key that signs new tokens.
    pub(super) fn current(&self) -> &Key {
        &self.current
    }

    /// The key of exactly this id; without an id, the key that has none.
    pub(super) fn find(&self, id: Option<&str>) -> Option<&Key> {
        let mut keys = std::iter::once(&self.current).chain(&self.accepted);
        keys.find(|key| key.id.as_deref() == id)
    }
}
