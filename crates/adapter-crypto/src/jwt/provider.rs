//! The signatures of tokens, made and verified by `ring`, which TLS brings into
//! the build anyway: `jsonwebtoken`'s own providers would add a second library of
//! primitives, and a minute to the build.
//!
//! Two algorithms and no more: HS256 (RFC 7518, section 3.2) and `EdDSA` with
//! Ed25519 (RFC 8037).

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use ring::hmac;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// Signs and verifies. Its utilities for JSON Web Keys are not implemented: no
/// call of ours reaches them, as the provider is never installed.
pub(super) static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |&algorithm, key| signer(algorithm, key),
    verifier_factory: |&algorithm, key| verifier(algorithm, key),
    key_utils: KeyUtils::new_unimplemented(),
};

/// The public half of an Ed25519 key in PKCS#8, of version 1 (RFC 8410), as
/// OpenSSL writes it, or 2 (RFC 5958); `None`: it is no such key.
pub(super) fn ed25519_public(pkcs8: &[u8]) -> Option<[u8; 32]> {
    let pair = ed25519(pkcs8).ok()?;
    pair.public_key().as_ref().try_into().ok()
}

fn signer(algorithm: Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => Ok(Box::new(Hs256::new(key.as_bytes()))),
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => {
            Ok(Box::new(Ed25519Signer(ed25519(key.as_bytes())?)))
        }
        _ => Err(ErrorKind::InvalidKeyFormat.into()),
    }
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let bytes = key.try_get_as_bytes()?;
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => Ok(Box::new(Hs256::new(bytes))),
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => {
            let key = UnparsedPublicKey::new(&ED25519, bytes.to_vec());
            Ok(Box::new(Ed25519Verifier(key)))
        }
        _ => Err(ErrorKind::InvalidKeyFormat.into()),
    }
}

fn ed25519(pkcs8: &[u8]) -> Result<Ed25519KeyPair, Error> {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8);
    pair.map_err(|_rejected| ErrorKind::InvalidEddsaKey.into())
}

/// A key that both sides hold.
struct Hs256(hmac::Key);

impl Hs256 {
    fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> Result<(), SignatureError> {
        hmac::verify(&self.0, message, tag).map_err(|_unspecified| SignatureError::new())
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

struct Ed25519Signer(Ed25519KeyPair);

impl Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(UnparsedPublicKey<Vec<u8>>);

impl Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let verified = self.0.verify(message, signature);
        verified.map_err(|_unspecified| SignatureError::new())
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// What stands before the seed in PKCS#8 of version 1 (RFC 8410, section 7).
    const PREFIX: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

    fn hex(text: &str) -> Vec<u8> {
        let pairs = text.as_bytes().chunks(2);
        let bytes = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16));
        bytes.map(Result::unwrap).collect()
    }

    fn sign(algorithm: Algorithm, key: &EncodingKey, message: &[u8]) -> Vec<u8> {
        let signer = (PROVIDER.signer_factory)(&algorithm, key).unwrap();
        assert_eq!(signer.algorithm(), algorithm);
        signer.try_sign(message).unwrap()
    }

    fn verifies(algorithm: Algorithm, key: &DecodingKey, message: &[u8], tag: &[u8]) -> bool {
        let verifier = (PROVIDER.verifier_factory)(&algorithm, key).unwrap();
        assert_eq!(verifier.algorithm(), algorithm);
        verifier.verify(message, &tag.to_vec()).is_ok()
    }

    /// RFC 4231, test case 2.
    #[test]
    fn hs256_is_the_hmac_of_the_standard() {
        let message = b"what do ya want for nothing?";
        let tag = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let signed = sign(
            Algorithm::HS256,
            &EncodingKey::from_secret(b"Jefe"),
            message,
        );
        assert_eq!(signed, tag);
        let key = DecodingKey::from_secret(b"Jefe");
        assert!(verifies(Algorithm::HS256, &key, message, &tag));
        assert!(!verifies(Algorithm::HS256, &key, b"what do ya want", &tag));
        assert!(!verifies(Algorithm::HS256, &key, message, &tag[..31]));
        let other = DecodingKey::from_secret(b"Jeff");
        assert!(!verifies(Algorithm::HS256, &other, message, &tag));
    }

    /// RFC 8032, section 7.1, test 3.
    #[test]
    fn ed25519_is_that_of_the_standard() {
        let seed = hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
        let public = hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
        let signature = hex(concat!(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ));
        let message = [0xaf, 0x82];
        let pkcs8 = [PREFIX, &seed].concat();
        assert_eq!(ed25519_public(&pkcs8).unwrap().to_vec(), public);
        let signed = sign(
            Algorithm::EdDSA,
            &EncodingKey::from_ed_der(&pkcs8),
            &message,
        );
        assert_eq!(signed, signature);
        let key = DecodingKey::from_ed_der(&public);
        assert!(verifies(Algorithm::EdDSA, &key, &message, &signature));
        assert!(!verifies(Algorithm::EdDSA, &key, &[0xaf], &signature));
        assert!(!verifies(
            Algorithm::EdDSA,
            &key,
            &message,
            &signature[..63]
        ));
    }

    #[test]
    fn a_key_serves_its_own_algorithm_only() {
        let pkcs8 = [PREFIX, &[7; 32]].concat();
        let shared = (
            EncodingKey::from_secret(b"secret"),
            DecodingKey::from_secret(b"secret"),
        );
        let pair = (
            EncodingKey::from_ed_der(&pkcs8),
            DecodingKey::from_ed_der(&[7; 32]),
        );
        for (own, (signing, verifying)) in [(Algorithm::HS256, shared), (Algorithm::EdDSA, pair)] {
            for algorithm in [
                Algorithm::HS256,
                Algorithm::HS384,
                Algorithm::HS512,
                Algorithm::RS256,
                Algorithm::ES256,
                Algorithm::EdDSA,
            ] {
                let signs = (PROVIDER.signer_factory)(&algorithm, &signing).is_ok();
                let verifies = (PROVIDER.verifier_factory)(&algorithm, &verifying).is_ok();
                let expected = algorithm == own;
                assert_eq!(
                    (signs, verifies),
                    (expected, expected),
                    "{algorithm:?} by {own:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_ed25519_key_has_no_public_half() {
        assert_eq!(ed25519_public(b""), None);
        assert_eq!(ed25519_public(PREFIX), None);
        assert_eq!(ed25519_public(&[PREFIX, &[7; 31]].concat()), None);
    }
}
