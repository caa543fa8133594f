//! Access tokens: JWT (RFC 7519) with the profile of RFC 9068.
//!
//! The signature comes from `jsonwebtoken`; header, claims and times are judged
//! here, against the caller's clock and by a closed list of what a token of
//! ours looks like (RFC 8725).

mod cache;
mod claims;
mod ed25519;
mod keys;
mod options;
mod provider;

use std::fmt;

use auth_domain::clock::Timestamp;
use auth_domain::identity::{
    AccessClaims, AccessToken, IssuerName, PublishedKey, TokenError, TokenIssuer, TokenRejected,
    VerifiedToken,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;

use self::cache::{Accepted, TokenCache};
use self::claims::{IssuedClaims, ReceivedClaims, ReceivedHeader, object};
use self::keys::{KeyRing, TYPE};
pub use self::options::{JwtOptions, JwtSetupError, KeyRole, SigningKey};
use crate::random;

/// The longest token in bytes that is signed or looked at.
const MAX_BYTES: usize = 4096;
/// The random bytes of a `jti`.
const JTI_BYTES: usize = 16;

/// Signs and verifies access tokens. Cheap to call from a request's thread.
pub struct JwtIssuer {
    keys: KeyRing,
    name: IssuerName,
    cache: Option<TokenCache>,
}

impl JwtIssuer {
    /// An issuer with the keys of the options.
    pub fn new(options: JwtOptions) -> Result<Self, JwtSetupError> {
        if options.issuer.is_empty() {
            return Err(JwtSetupError::EmptyIssuer);
        }
        if options.audience.as_deref() == Some("") {
            return Err(JwtSetupError::EmptyAudience);
        }
        let cached = options.cached_tokens;
        Ok(Self {
            keys: KeyRing::new(&options)?,
            name: IssuerName {
                issuer: options.issuer,
                audience: options.audience,
            },
            cache: (cached > 0).then(|| TokenCache::new(cached)),
        })
    }

    /// The claims' bytes of a token whose header and signature are ours.
    fn authentic(&self, token: &str) -> Option<Vec<u8>> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header = decode(header)?;
        let header: ReceivedHeader<'_> = object(&header)?;
        let typed = header.typ == TYPE || header.typ.strip_prefix("application/") == Some(TYPE);
        if !typed {
            return None;
        }
        let (message, signature) = (message.as_bytes(), decode(signature)?);
        let mut keys = self.keys.find(header.kid.as_deref());
        let signed =
            keys.any(|key| header.alg == key.algorithm_name() && key.verifies(message, &signature));
        if signed { decode(payload) } else { None }
    }

    /// Whether authentic claims are ours.
    fn is_ours(&self, claims: &ReceivedClaims<'_>) -> bool {
        let for_us = match (&self.name.audience, &claims.aud) {
            (Some(ours), Some(theirs)) => theirs.names(ours),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        for_us && claims.iss == self.name.issuer && !claims.jti.is_empty()
    }

    /// Everything about a token but what the cache knows.
    fn check(&self, token: &str, now: Timestamp) -> Result<Accepted, TokenRejected> {
        let json = self.authentic(token).ok_or(TokenRejected::Invalid)?;
        let claims: ReceivedClaims<'_> = object(&json).ok_or(TokenRejected::Invalid)?;
        let times = claims.times();
        if !self.is_ours(&claims) || !times.hold(now) {
            return Err(TokenRejected::Invalid);
        }
        let instant = |seconds| DateTime::from_timestamp(seconds, 0);
        let token = VerifiedToken {
            issued_at: instant(times.iat).ok_or(TokenRejected::Invalid)?,
            expires_at: instant(times.exp).ok_or(TokenRejected::Invalid)?,
            user_id: claims.user_id().ok_or(TokenRejected::Payload)?,
            session_id: claims.session_id().ok_or(TokenRejected::Payload)?,
        };
        Ok(Accepted { token, times })
    }

    /// The same as [`Self::check`], cheaper for a token that was accepted
    /// before.
    fn recall(
        &self,
        cache: &TokenCache,
        token: &str,
        now: Timestamp,
    ) -> Result<Accepted, TokenRejected> {
        let digest = TokenCache::digest(token);
        if let Some(known) = cache.get(&digest) {
            let holds = known.times.hold(now);
            return holds.then_some(known).ok_or(TokenRejected::Invalid);
        }
        let accepted = self.check(token, now)?;
        cache.put(digest, &accepted, now);
        Ok(accepted)
    }
}

impl TokenIssuer for JwtIssuer {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, TokenError> {
        let failed = |e: &dyn fmt::Display| TokenError(e.to_string());
        let issued = IssuedClaims {
            sub: claims.user_id.to_string(),
            exp: claims.expires_at.timestamp(),
            iat: claims.issued_at.timestamp(),
            username: claims.username.as_str(),
            organization_id: claims.organization_id,
            role_id: claims.role_id,
            email: claims.email.as_str(),
            session_id: claims.session_id,
            iss: &self.name.issuer,
            aud: self.name.audience.as_deref(),
            jti: random::base64url::<JTI_BYTES>().map_err(|e| failed(&e))?,
        };
        let json = serde_json::to_vec(&issued).map_err(|e| failed(&e))?;
        let signer = self.keys.signer();
        let mut token = String::with_capacity(signer.header().len() + json.len() * 3 / 2 + 64);
        token.push_str(signer.header());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(json, &mut token);
        let signature = signer.sign(token.as_bytes()).map_err(|e| failed(&e))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        if token.len() > MAX_BYTES {
            return Err(failed(&"the claims are too long"));
        }
        Ok(AccessToken::new(token))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<VerifiedToken, TokenRejected> {
        if token.len() > MAX_BYTES {
            return Err(TokenRejected::Invalid);
        }
        let accepted = match &self.cache {
            Some(cache) => self.recall(cache, token, now)?,
            None => self.check(token, now)?,
        };
        Ok(accepted.token)
    }

    fn name(&self) -> IssuerName {
        self.name.clone()
    }

    fn published_keys(&self) -> Vec<PublishedKey> {
        self.keys.published()
    }
}

impl fmt::Debug for JwtIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtIssuer")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// base64url without padding; refuses padding, white space and the other
/// spellings of the last character.
fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
