//! The keys that tokens are signed with. Which key verifies a token is found
//! in this table and nowhere else; a key knows its algorithm, a header does not
//! choose it (RFC 8725, section 3.1).

use auth_domain::identity::PublishedKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::ed25519::{PublicKey, private_key, public_keys};
use super::options::{JwtOptions, JwtSetupError, SigningKey};
use super::provider::PROVIDER;

/// The media type of our tokens (RFC 9068, section 2.1).
pub(super) const TYPE: &str = "at+jwt";

#[derive(Serialize)]
struct IssuedHeader<'a> {
    typ: &'a str,
    alg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

/// A key that verifies tokens, with its algorithm.
pub(super) struct Key {
    algorithm: Algorithm,
    verifying: DecodingKey,
    published: Option<PublishedKey>,
}

impl Key {
    /// A key for HS256 (RFC 7518, section 3.2) that both sides hold. It has no
    /// `kid`, and is never published.
    fn shared(secret: &SecretString) -> Result<Self, JwtSetupError> {
        let secret = secret.expose_secret().as_bytes();
        if secret.is_empty() {
            return Err(JwtSetupError::EmptyKey);
        }
        Ok(Self {
            algorithm: Algorithm::HS256,
            verifying: DecodingKey::from_secret(secret),
            published: None,
        })
    }

    /// A key for `EdDSA` (RFC 8037) whose `kid` is its thumbprint.
    fn ed25519(key: PublicKey) -> Self {
        Self {
            algorithm: Algorithm::EdDSA,
            verifying: DecodingKey::from_ed_der(key.as_bytes()),
            published: Some(PublishedKey {
                id: key.thumbprint(),
                x: key.x(),
            }),
        }
    }

    fn id(&self) -> Option<&str> {
        self.published.as_ref().map(|key| key.id.as_str())
    }

    /// The `alg` that a header under this key has.
    pub(super) fn algorithm_name(&self) -> &'static str {
        name_of(self.algorithm)
    }

    /// Whether a signature is of this key, in constant time.
    pub(super) fn verifies(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        (PROVIDER.verifier_factory)(&self.algorithm, &self.verifying)
            .is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }

    fn is(&self, other: &Self) -> bool {
        let [ours, theirs] = [self, other].map(|key| key.verifying.try_get_as_bytes().ok());
        self.id() == other.id() && ours == theirs
    }
}

/// The key that signs new tokens.
pub(super) struct Signer {
    algorithm: Algorithm,
    signing: EncodingKey,
    header: String,
}

impl Signer {
    fn new(key: &Key, signing: EncodingKey) -> Result<Self, JwtSetupError> {
        let header = IssuedHeader {
            typ: TYPE,
            alg: key.algorithm_name(),
            kid: key.id(),
        };
        Ok(Self {
            algorithm: key.algorithm,
            signing,
            header: URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?),
        })
    }

    /// The encoded header of the tokens that it signs.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// Signs with this key's algorithm.
    // The provider is named instead of installed: no state of the process and
    // no feature of another crate can change it.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signer = (PROVIDER.signer_factory)(&self.algorithm, &self.signing)?;
        let signature = signer.try_sign(message);
        signature.map_err(|e| ErrorKind::Signing(e.to_string()).into())
    }
}

/// The key that signs, and all whose tokens are accepted, the signing one
/// first.
pub(super) struct KeyRing {
    signer: Signer,
    keys: Vec<Key>,
}

impl KeyRing {
    /// The keys of the options.
    pub(super) fn new(options: &JwtOptions) -> Result<Self, JwtSetupError> {
        let (key, signing) = match &options.signing {
            SigningKey::Shared(secret) => {
                let signing = EncodingKey::from_secret(secret.expose_secret().as_bytes());
                (Key::shared(secret)?, signing)
            }
            SigningKey::Ed25519(pem) => {
                let (pkcs8, public) = private_key(pem.expose_secret())?;
                (Key::ed25519(public), EncodingKey::from_ed_der(&pkcs8))
            }
        };
        let mut ring = Self {
            signer: Signer::new(&key, signing)?,
            keys: vec![key],
        };
        if let Some(secret) = &options.accepted_shared {
            ring.accept(Key::shared(secret)?)?;
        }
        for key in public_keys(&options.accepted_public)? {
            ring.accept(Key::ed25519(key))?;
        }
        Ok(ring)
    }

    fn accept(&mut self, key: Key) -> Result<(), JwtSetupError> {
        if self.keys.iter().any(|known| known.is(&key)) {
            let name = key.id().unwrap_or("the shared one");
            return Err(JwtSetupError::DuplicateKey(name.to_owned()));
        }
        self.keys.push(key);
        Ok(())
    }

    /// The key that signs new tokens.
    pub(super) fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The key of exactly this id; without an id, the shared ones.
    pub(super) fn find(&self, id: Option<&str>) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.id() == id)
    }

    /// The public keys, the signing one first.
    pub(super) fn published(&self) -> Vec<PublishedKey> {
        let published = self.keys.iter().filter_map(|key| key.published.clone());
        published.collect()
    }
}

fn name_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDSA => "EdDSA",
        _ => "HS256",
    }
}
