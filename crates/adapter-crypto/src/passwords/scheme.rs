//! What a password hash is: Argon2 (RFC 9106) in PHC strings, and bcrypt of the
//! predecessor. Runs on a hash thread, never on one that serves requests.

use std::time::{Duration, Instant};

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use auth_domain::identity::{HashError, Password, PasswordHash, Verification};
use bcrypt::HashParts;
use subtle::ConstantTimeEq as _;

use super::memory::Memory;
use crate::random::{self, RandomError};

/// The most memory of one hash: 1 GiB. A stored hash that asks for more is not
/// computed.
pub(super) const MAX_MEMORY_KIB: u32 = 1 << 20;
/// The most passes over that memory.
pub(super) const MAX_ITERATIONS: u32 = 100;
/// The most lanes.
pub(super) const MAX_LANES: u32 = 64;
/// The most work factor of a stored bcrypt hash: 16 takes some seconds.
const MAX_BCRYPT_COST: u32 = 16;

/// How much of a password bcrypt reads. The rest is not part of the hash: such
/// a password is not proven to be the one that was set, and is not hashed anew.
const BCRYPT_BYTES: usize = 72;
/// How many comparisons tell how long one takes.
const SAMPLES: usize = 3;

const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// How new passwords are hashed, and the hash that stands in for a missing one.
pub(super) struct Scheme {
    params: Params,
    dummy: Argon2Hash,
}

impl Scheme {
    /// A scheme with these parameters (Argon2id, version 1.3).
    pub(super) fn new(params: Params) -> Result<Self, RandomError> {
        let dummy = Argon2Hash {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: params.clone(),
            salt: random::bytes::<SALT_BYTES>()?.to_vec(),
            output: random::bytes::<OUTPUT_BYTES>()?.to_vec(),
        };
        Ok(Self { params, dummy })
    }

    /// The blocks that one hash needs.
    pub(super) fn block_count(&self) -> usize {
        self.params.block_count()
    }

    /// Hashes with a fresh salt.
    pub(super) fn hash(
        &self,
        password: &Password,
        memory: &mut Memory,
    ) -> Result<PasswordHash, HashError> {
        let salt = random::bytes::<SALT_BYTES>().map_err(|e| HashError::Failed(e.to_string()))?;
        let mut hash = Argon2Hash {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: self.params.clone(),
            salt: salt.to_vec(),
            output: vec![0; OUTPUT_BYTES],
        };
        hash.output = hash.compute(password, memory)?;
        hash.to_phc().map(PasswordHash::new)
    }

    /// Compares with a stored hash, or spends the same with the dummy.
    pub(super) fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        memory: &mut Memory,
    ) -> Result<Verification, HashError> {
        let began = Instant::now();
        let (matches, outdated) = match stored.map(|hash| Stored::parse(hash.expose())) {
            Some(Some(Stored::Argon2(hash))) => {
                (hash.matches(password, memory)?, !self.is_current(&hash))
            }
            Some(Some(Stored::Bcrypt(text))) => {
                let whole = password.expose().len() <= BCRYPT_BYTES;
                (bcrypt_matches(password, text)?, whole)
            }
            Some(None) => {
                self.dummy.matches(password, memory)?;
                return Err(HashError::Malformed);
            }
            None => {
                self.dummy.matches(password, memory)?;
                (false, false)
            }
        };
        Ok(Verification {
            matches,
            outdated,
            took: began.elapsed(),
        })
    }

    /// The longest of a few comparisons with the dummy and with a stored hash.
    pub(super) fn slowest(
        &self,
        stored: Option<&PasswordHash>,
        memory: &mut Memory,
    ) -> Result<Duration, HashError> {
        let any = Password::attempt("");
        let mut longest = Duration::ZERO;
        for hash in [None, stored]
            .iter()
            .take(1 + usize::from(stored.is_some()))
        {
            for _ in 0..SAMPLES {
                longest = longest.max(self.verify(&any, *hash, memory)?.took);
            }
        }
        Ok(longest)
    }

    fn is_current(&self, hash: &Argon2Hash) -> bool {
        let parameters = |p: &Params| (p.m_cost(), p.t_cost(), p.p_cost());
        hash.algorithm == Algorithm::Argon2id
            && hash.version == Version::V0x13
            && parameters(&hash.params) == parameters(&self.params)
            && hash.output.len() == OUTPUT_BYTES
            && hash.salt.len() >= SALT_BYTES
    }
}

/// A stored hash that can be compared with.
enum Stored<'a> {
    Argon2(Argon2Hash),
    Bcrypt(&'a str),
}

impl<'a> Stored<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if text.starts_with("$argon2") {
            return Argon2Hash::parse(text).map(Self::Argon2);
        }
        // `$2x$` marks hashes of a broken implementation.
        let known = ["$2a$", "$2b$", "$2y$"];
        if !known.iter().any(|prefix| text.starts_with(prefix)) {
            return None;
        }
        let cost = text.parse::<HashParts>().ok()?.get_cost();
        (4..=MAX_BCRYPT_COST)
            .contains(&cost)
            .then_some(Self::Bcrypt(text))
    }
}

/// The predecessor let bcrypt cut passwords at 72 bytes, and so does this. A
/// password with NUL could not be set there; bcrypt would take `"a\0a"` for
/// `"a"`.
fn bcrypt_matches(password: &Password, hash: &str) -> Result<bool, HashError> {
    let matches = bcrypt::verify(password.expose(), hash);
    let matches = matches.map_err(|e| HashError::Failed(e.to_string()))?;
    Ok(matches && !password.expose().contains('\0'))
}

/// The parts of a PHC string.
struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Argon2Hash {
    fn parse(text: &str) -> Option<Self> {
        let phc = phc::PasswordHash::new(text).ok()?;
        let params = Params::try_from(&phc).ok()?;
        let bounded = params.m_cost() <= MAX_MEMORY_KIB
            && params.t_cost() <= MAX_ITERATIONS
            && params.p_cost() <= MAX_LANES;
        // Hashes from before version 1.3 do not name their version.
        let version = phc.version.unwrap_or(Version::V0x10.into());
        bounded.then_some(Self {
            algorithm: Algorithm::new(phc.algorithm.as_str()).ok()?,
            version: Version::try_from(version).ok()?,
            params,
            salt: phc.salt?.to_vec(),
            output: phc.hash?.as_bytes().to_vec(),
        })
    }

    fn to_phc(&self) -> Result<String, HashError> {
        let failed = |e: &dyn std::fmt::Display| HashError::Failed(e.to_string());
        let phc = phc::PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params: ParamsString::try_from(&self.params).map_err(|e| failed(&e))?,
            salt: Some(Salt::new(&self.salt).map_err(|e| failed(&e))?),
            hash: Some(Output::new(&self.output).map_err(|e| failed(&e))?),
        };
        Ok(phc.to_string())
    }

    /// The output for a password, of the length of this hash's output.
    fn compute(&self, password: &Password, memory: &mut Memory) -> Result<Vec<u8>, HashError> {
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        let mut output = vec![0; self.output.len()];
        let password = password.expose().as_bytes();
        memory
            .lend(self.params.block_count(), |blocks| {
                argon2.hash_password_into_with_memory(password, &self.salt, &mut output, blocks)
            })?
            .map_err(|e| HashError::Failed(e.to_string()))?;
        Ok(output)
    }

    fn matches(&self, password: &Password, memory: &mut Memory) -> Result<bool, HashError> {
        let output = self.compute(password, memory)?;
        Ok(output.ct_eq(&self.output).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blocks that a comparison has worked through.
    fn spent(stored: Option<&str>) -> usize {
        let scheme = Scheme::new(Params::new(64, 1, 1, None).unwrap()).unwrap();
        let stored = stored.map(|text| PasswordHash::new(text.to_owned()));
        let mut memory = Memory::new(1024);
        let password = Password::attempt("password");
        drop(scheme.verify(&password, stored.as_ref(), &mut memory));
        memory.used()
    }

    #[test]
    fn a_missing_or_malformed_hash_costs_a_current_one() {
        assert_eq!(spent(None), 64);
        let beyond_bounds =
            "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA";
        let broken_bcrypt = "$2b$99$......................YgIDy4hFBdVlc/6LHnD9mX488r9cLd2";
        for malformed in ["", "plain", beyond_bounds, broken_bcrypt] {
            assert_eq!(spent(Some(malformed)), 64, "{malformed}");
        }
    }

    #[test]
    fn the_dummy_is_a_current_hash() {
        let scheme = Scheme::new(Params::new(64, 3, 2, None).unwrap()).unwrap();
        assert!(scheme.is_current(&scheme.dummy));
    }
}
