//! A seal on what grants something: whoever can write to the server, and does
//! not know the key, grants nothing.
//!
//! A sealed text is the HMAC-SHA-256 (RFC 2104) of the key's name and the text,
//! in base64url, a `.`, and the text. The name keeps one value from standing
//! under another's key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// What no other use of the same secret begins with.
const PURPOSE: &[u8] = b"auth-microservice redis seal 1";

/// Seals, and knows its own seals.
#[derive(Clone)]
pub(crate) struct Seal(Hmac<Sha256>);

impl Seal {
    pub(crate) fn new(key: &SecretString) -> Self {
        let keyed = Hmac::new_from_slice(key.expose_secret().as_bytes());
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac: Hmac<Sha256> = keyed.expect("a key of any length");
        mac.update(PURPOSE);
        Self(mac)
    }

    pub(crate) fn close(&self, name: &str, text: &str) -> String {
        let tag = self.mac(name, text).finalize().into_bytes();
        format!("{}.{text}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// The text, if the seal is ours and of that name.
    pub(crate) fn open<'a>(&self, name: &str, sealed: &'a str) -> Option<&'a str> {
        let (tag, text) = sealed.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        self.mac(name, text).verify_slice(&tag).ok()?;
        Some(text)
    }

    fn mac(&self, name: &str, text: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        // The length keeps name and text apart.
        mac.update(&u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(name.as_bytes());
        mac.update(text.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &str) -> Seal {
        Seal::new(&key.to_owned().into())
    }

    #[test]
    fn what_was_sealed_is_opened_under_its_name_only() {
        let seal = seal("key");
        let sealed = seal.close("session:1", "{\"a\": 1}");
        assert_eq!(seal.open("session:1", &sealed), Some("{\"a\": 1}"));
        assert_eq!(seal.open("session:2", &sealed), None);
        assert_eq!(seal.open("session:1", &sealed.replace('1', "2")), None);
    }

    #[test]
    fn what_another_key_or_none_sealed_is_nothing() {
        let other = seal("other").close("name", "text");
        for forged in [other.as_str(), "text", ".text", "AAAA.text", ""] {
            assert_eq!(seal("key").open("name", forged), None, "{forged}");
        }
    }
}
