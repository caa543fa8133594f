//! Passwords and their hashes.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::Account;
use crate::text::{NameKey, PersonName, TextError, TextValue, Username, one_line};
use crate::users::EmailAddress;

/// A password as it was typed. Redacted in `Debug`, wiped on drop.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// The fewest characters of a new password.
    pub const MIN: usize = 8;
    /// The most characters of a new password.
    pub const MAX: usize = 128;

    /// A password that shall be set: 8 to 128 characters, any Unicode but NUL,
    /// no composition rules (NIST SP 800-63B, section 3.1.1.2).
    pub fn parse(raw: &str) -> Result<Self, TextError> {
        if raw.contains('\0') {
            return Err(TextError::ControlCharacter);
        }
        let length = raw.chars().count();
        if length < Self::MIN {
            return Err(TextError::TooShort { min: Self::MIN });
        }
        if length > Self::MAX {
            return Err(TextError::TooLong { max: Self::MAX });
        }
        Ok(Self(raw.into()))
    }

    /// A password that is only compared: no rule applies.
    pub fn attempt(raw: &str) -> Self {
        Self(raw.into())
    }

    /// The text, for the hasher.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl TextValue for Password {
    const MIN: usize = Self::MIN;
    const MAX: Option<usize> = Some(Self::MAX);

    fn parse_text(raw: &str) -> Result<Self, TextError> {
        Self::parse(raw)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

/// A stored password hash: a PHC string, or bcrypt's `$2b$…` of the
/// predecessor.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash from the hasher or from the store.
    pub fn new(hash: String) -> Self {
        Self(hash)
    }

    /// The text, for the hasher and the store.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(redacted)")
    }
}

/// The name that a user signs in with: a username, or with `@` an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginName {
    key: NameKey,
}

impl LoginName {
    /// The most characters: what an e-mail address may have.
    pub const MAX: usize = 255;

    /// Parses a login name of at least `min` characters.
    pub fn parse(raw: &str, min: usize) -> Result<Self, TextError> {
        let text = one_line(raw, min, Self::MAX)?;
        let key = NameKey::of(&text);
        if key.as_str().chars().count() > NameKey::MAX {
            return Err(TextError::TooLong { max: Self::MAX });
        }
        Ok(Self { key })
    }

    /// The login name of a username.
    pub fn of_username(username: &Username) -> Self {
        let key = username.key();
        Self { key }
    }

    /// The login name of an e-mail address, by its key.
    pub fn of_email(key: &NameKey) -> Self {
        Self { key: key.clone() }
    }

    /// The key to look it up by.
    pub fn key(&self) -> &NameKey {
        &self.key
    }

    /// Whether it is looked up as an e-mail address.
    pub fn is_email(&self) -> bool {
        self.key.as_str().contains('@')
    }
}

/// What a sign-in by password needs to know of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub account: Account,
    /// The stored hash; `None`: no password signs this user in.
    pub password_hash: Option<PasswordHash>,
    /// Whether the address must be verified first: it is not, the user
    /// registered by itself, and the organization admits some domains only.
    pub must_verify: bool,
}

/// What comparing a password came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// The password is the one that was hashed.
    pub matches: bool,
    /// The hash is of an older kind or weaker parameters than new ones, and the
    /// password is all of what was hashed.
    pub outdated: bool,
    /// How long the comparison took, without the wait before it.
    pub took: Duration,
}

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// All hash threads are busy and the queue is full.
    #[error("too many passwords are being hashed")]
    Busy,
    /// The stored hash is of no known form.
    #[error("a stored password hash is malformed")]
    Malformed,
    /// The hash function failed: a defect or a lack of memory.
    #[error("hashing failed: {0}")]
    Failed(String),
}

/// Hashes and compares passwords, off the threads that serve requests.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a fresh salt and the current parameters.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;

    /// Compares a password with a stored hash.
    ///
    /// `None` for the hash (unknown user, or a user without password) MUST
    /// cost the same as comparing with a current hash, and never matches.
    async fn verify(
        &self,
        password: &Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashError>;

    /// How long the slower of two comparisons takes, without the wait before
    /// it: with a hash as new ones are, and with that stored one. The longest
    /// of a few that this tries.
    async fn slowest(&self, stored: Option<PasswordHash>) -> Result<Duration, HashError>;
}

/// Knows common passwords, which attackers try first (NIST SP 800-63B,
/// section 3.1.1.2).
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait CommonPasswords: Send + Sync {
    /// Whether the password is on the list, whatever the case of its letters.
    fn contains(&self, password: &Password) -> bool;
}

/// The names of a user that its password must not be.
pub fn own_names<'a>(
    username: &'a Username,
    first_name: &'a PersonName,
    last_name: Option<&'a PersonName>,
    email: &'a EmailAddress,
) -> Vec<&'a str> {
    let email = email.as_str();
    let local_part = email.split('@').next().unwrap_or(email);
    let mut names = vec![username.as_str(), first_name.as_str(), email, local_part];
    names.extend(last_name.map(PersonName::as_str));
    names
}

/// Whether a password is one of its owner's names, whatever the case of its
/// letters.
pub fn is_own_name<'a>(password: &Password, names: impl IntoIterator<Item = &'a str>) -> bool {
    let key = NameKey::of(password.expose());
    names.into_iter().any(|name| NameKey::of(name) == key)
}
