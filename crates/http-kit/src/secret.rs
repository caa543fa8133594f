//! Shared secrets in headers.

use actix_web::http::header::{HeaderMap, HeaderName};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The digest of a configured secret. Comparing digests takes the same time
/// for every guess, whatever its length.
pub(crate) struct SharedSecret([u8; 32]);

impl SharedSecret {
    pub(crate) fn new(secret: &SecretString) -> Self {
        Self(Sha256::digest(secret.expose_secret().as_bytes()).into())
    }

    /// Whether the bytes are the secret; any bytes may be asked about.
    pub(crate) fn is(&self, shown: &[u8]) -> bool {
        let shown: [u8; 32] = Sha256::digest(shown).into();
        self.0.ct_eq(&shown).into()
    }

    /// Whether exactly one header of that name carries the secret.
    pub(crate) fn is_shown_in(&self, headers: &HeaderMap, name: &HeaderName) -> bool {
        let mut values = headers.get_all(name);
        let shown = values.next();
        let alone = values.next().is_none();
        alone && shown.is_some_and(|shown| self.is(shown.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    const NAME: HeaderName = HeaderName::from_static("x-internal-secret");

    fn shown(values: &[&[u8]]) -> bool {
        let secret = SharedSecret::new(&"correct horse".into());
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, HeaderValue::from_bytes(value).unwrap());
        }
        secret.is_shown_in(&headers, &NAME)
    }

    #[test]
    fn only_the_secret_itself_passes() {
        assert!(shown(&[b"correct horse"]));
        assert!(!shown(&[]));
        assert!(!shown(&[b""]));
        assert!(!shown(&[b"correct hors"]));
        assert!(!shown(&[b"correct horse1"]));
        assert!(!shown(&[b"correct horse", b"correct horse"]));
    }

    #[test]
    fn bytes_that_are_no_text_are_just_wrong() {
        assert!(!shown(&[&[0xff, 0xfe]]));
    }
}
