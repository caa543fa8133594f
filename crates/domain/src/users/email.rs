//! E-mail addresses (RFC 5321, RFC 5322 addr-spec), checked by syntax only.

use std::fmt;
use std::str::FromStr as _;

use email_address::{EmailAddress as Parser, Options};
use serde::Serialize;

use crate::text::{NameKey, TextError, TextValue, ascii_domain};

/// Top-level names that never receive mail (RFC 2606, RFC 6761, RFC 7686,
/// RFC 8375), `example.com` and its siblings apart.
const SPECIAL_USE: &[&str] = &["test", "invalid", "localhost", "local", "onion", "arpa"];

const NOT_AN_ADDRESS: TextError = TextError::Malformed("value is not a valid email address");

/// An address, whose local part is kept as written and whose domain is written
/// in A-labels (UTS 46), lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// The domain of an address, in A-labels, lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EmailDomain(String);

impl EmailAddress {
    /// The most characters: what the column holds.
    pub const MAX: usize = 255;

    /// Parses `local@domain`, or `Name <local@domain>` of which the address is
    /// kept. The domain must have a dot and must not be special-use; a local part
    /// in quotes is refused, which would be a second spelling of one without.
    pub fn parse(raw: &str) -> Result<Self, TextError> {
        let address = bare_address(raw.trim());
        if address.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(NOT_AN_ADDRESS);
        }
        if address.chars().count() > Self::MAX {
            return Err(TextError::TooLong { max: Self::MAX });
        }
        let options = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        let parsed = Parser::parse_with_options(address, options).or(Err(NOT_AN_ADDRESS))?;
        let local = parsed.local_part();
        if local.contains('"') {
            return Err(NOT_AN_ADDRESS);
        }
        let domain = EmailDomain::parse(parsed.domain())?;
        let address = Self(format!("{local}@{}", domain.0));
        let (length, key) = (address.0.chars().count(), address.key());
        if length > Self::MAX || key.as_str().chars().count() > NameKey::MAX {
            return Err(TextError::TooLong { max: Self::MAX });
        }
        Ok(address)
    }

    /// Takes an address that this type wrote to the store.
    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key by which two addresses are the same.
    pub fn key(&self) -> NameKey {
        NameKey::of(&self.0)
    }

    /// The domain.
    pub fn domain(&self) -> EmailDomain {
        let domain = self.0.rsplit_once('@').map_or("", |(_, domain)| domain);
        EmailDomain(domain.to_owned())
    }
}

impl EmailDomain {
    /// Parses a domain name with at least two labels that is not special-use.
    pub fn parse(raw: &str) -> Result<Self, TextError> {
        let domain = ascii_domain(raw.trim());
        let domain = domain.to_lowercase();
        let top = domain.rsplit('.').next().unwrap_or_default();
        let well_formed = domain.contains('.')
            && Parser::from_str(&format!("a@{domain}")).is_ok()
            && !domain.starts_with('[');
        if !well_formed || SPECIAL_USE.contains(&top) {
            return Err(TextError::Malformed("value is not a valid email domain"));
        }
        Ok(Self(domain))
    }

    /// Takes a domain that this type wrote to the store.
    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    /// The domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TextValue for EmailAddress {
    const MAX: Option<usize> = Some(Self::MAX);
    const FORMAT: Option<&'static str> = Some("email");

    fn parse_text(raw: &str) -> Result<Self, TextError> {
        Self::parse(raw)
    }
}

impl TextValue for EmailDomain {
    const MAX: Option<usize> = None;

    fn parse_text(raw: &str) -> Result<Self, TextError> {
        Self::parse(raw)
    }
}

/// The part between the angle brackets of `Name <address>`, else the whole.
fn bare_address(raw: &str) -> &str {
    raw.strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'))
        .map_or(raw, |(_, address)| address)
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for EmailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<EmailAddress> for crate::facts::Fact {
    fn from(value: EmailAddress) -> Self {
        Self::Text(value.0)
    }
}

impl From<EmailDomain> for crate::facts::Fact {
    fn from(value: EmailDomain) -> Self {
        Self::Text(value.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_lower_case_and_the_local_part_is_kept() {
        let email = EmailAddress::parse("Ana.B@Example.COM").unwrap();
        assert_eq!(email.as_str(), "Ana.B@example.com");
        assert_eq!(email.domain().as_str(), "example.com");
        assert_eq!(email.key(), NameKey::of("ana.b@example.com"));
    }

    #[test]
    fn an_address_has_one_spelling() {
        let written = ["ana@Bücher.example.com", "ana@xn--bcher-kva.example.com."];
        for raw in written {
            let email = EmailAddress::parse(raw.trim_end_matches('.')).unwrap();
            assert_eq!(email.as_str(), "ana@xn--bcher-kva.example.com");
            let domain = EmailDomain::parse(raw.split_once('@').unwrap().1).unwrap();
            assert_eq!(domain, email.domain());
        }
        assert!(EmailAddress::parse("\"ceo\"@example.com").is_err());
    }

    #[test]
    fn the_longest_address_and_domain_are_taken() {
        let label = "a".repeat(61);
        let domain = format!("{label}.{label}.{label}.com");
        let longest = format!("{}@{domain}", "b".repeat(64));
        assert_eq!(longest.len(), 254);
        assert!(EmailAddress::parse(&longest).is_ok());
        let expanding = format!("{}@example.com", "\u{fdfa}".repeat(21));
        let refused = EmailAddress::parse(&expanding);
        assert_eq!(refused, Err(TextError::TooLong { max: 255 }));
        assert_eq!(
            EmailDomain::parse("Example.COM").unwrap().to_string(),
            "example.com"
        );
        for wrong in ["com", "[127.0.0.1]", "a b.com", "-", "a..com", "x.test"] {
            assert!(EmailDomain::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_address_is_taken_out_of_a_display_form() {
        let email = EmailAddress::parse("Ana <ana@example.com>").unwrap();
        assert_eq!(email.as_str(), "ana@example.com");
    }

    #[test]
    fn what_receives_no_mail_is_refused() {
        for raw in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "ana@localhost",
            "ana@x.test",
            "ana@x.invalid",
            "ana@x.local",
            "a b@example.com",
            "ana@exa mple.com",
            "ana@[127.0.0.1]",
            "ana\0@example.com",
            "ana@example.com\r\nBcc: x@example.com",
        ] {
            assert!(EmailAddress::parse(raw).is_err(), "{raw:?} was taken");
        }
    }
}
