//! Ed25519 keys as they are configured (PEM, RFC 8410) and published (RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use sha2::{Digest as _, Sha256};

use super::options::{JwtSetupError, KeyRole};
use super::provider::ed25519_public;

/// What stands before the 32 bytes of a public key: its one DER encoding
/// (RFC 8410, section 4).
const PUBLIC_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// A public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key, as a verifier takes it.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `x` of its JSON Web Key (RFC 8037, section 2).
    pub(super) fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Its thumbprint: the SHA-256 of the members that a key of its type must
    /// have, by name (RFC 7638; RFC 8037, appendix A.3).
    pub(super) fn thumbprint(&self) -> String {
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        URL_SAFE_NO_PAD.encode(Sha256::digest(members))
    }
}

/// The private key of one PEM section as PKCS#8, with its public key.
pub(super) fn private_key(pem: &str) -> Result<(Vec<u8>, PublicKey), JwtSetupError> {
    let role = KeyRole::Private;
    let sections = sections(pem, role)?;
    let [(kind, der)] = sections.as_slice() else {
        return Err(JwtSetupError::MalformedPem(role));
    };
    let public = (*kind == SectionKind::PrivateKey)
        .then(|| ed25519_public(der))
        .flatten();
    let public = public.ok_or(JwtSetupError::NotEd25519(role))?;
    Ok((der.clone(), PublicKey(public)))
}

/// The public keys of any number of PEM sections.
pub(super) fn public_keys(pem: &str) -> Result<Vec<PublicKey>, JwtSetupError> {
    let role = KeyRole::Public;
    let key = |(kind, der): (SectionKind, Vec<u8>)| {
        let bytes = der.strip_prefix(&PUBLIC_PREFIX)?.try_into().ok()?;
        (kind == SectionKind::PublicKey).then_some(PublicKey(bytes))
    };
    let keys = sections(pem, role)?.into_iter().map(key);
    keys.map(|key| key.ok_or(JwtSetupError::NotEd25519(role)))
        .collect()
}

/// All sections. Text that has none, or one that the parser would pass over,
/// is malformed; the parser's own error would quote it.
fn sections(pem: &str, role: KeyRole) -> Result<Vec<(SectionKind, Vec<u8>)>, JwtSetupError> {
    let begun = pem.matches("-----BEGIN").count();
    let sections: Result<Vec<_>, _> =
        <(SectionKind, Vec<u8>)>::pem_slice_iter(pem.as_bytes()).collect();
    sections
        .ok()
        .filter(|sections| sections.len() == begun && (begun > 0 || pem.trim().is_empty()))
        .ok_or(JwtSetupError::MalformedPem(role))
}
