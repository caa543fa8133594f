//! Access tokens: JWT (RFC 7519) with the profile of RFC 9068.
//!
//! The signature comes from `jsonwebtoken`; header, claims and times are judged
//! here, against the caller's clock and by a closed list of what a token of
//! ours looks like (RFC 8725).

mod claims;
mod keys;

use std::fmt;

use auth_domain::clock::Timestamp;
use auth_domain::identity::{
    AccessClaims, AccessToken, TokenError, TokenIssuer, TokenRejected, VerifiedToken,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use secrecy::{ExposeSecret as _, SecretString};

use self::claims::{IssuedClaims, ReceivedClaims, ReceivedHeader, object};
use self::keys::{Key, KeyRing, TYPE};
use crate::random;

/// The longest token in bytes that is signed or looked at.
const MAX_BYTES: usize = 4096;
/// How far `iat` may lie ahead of our clock, in seconds: clocks of several
/// processes differ.
const MAX_CLOCK_SKEW: i64 = 60;
/// The random bytes of a `jti`.
const JTI_BYTES: usize = 16;

/// What a [`JwtIssuer`] is made of.
#[derive(Debug, Clone)]
pub struct JwtOptions {
    /// The shared key of HS256. RFC 7518 asks for at least 32 bytes; a weaker
    /// one is the settings' business.
    pub key: SecretString,
    /// `iss` of every token.
    pub issuer: String,
    /// `aud` of every token; `None`: none is written, and a token that has one
    /// is for somebody else.
    pub audience: Option<String>,
}

/// Why a [`JwtIssuer`] could not be made.
#[derive(Debug, thiserror::Error)]
pub enum JwtSetupError {
    /// The key is empty.
    #[error("the token key is empty")]
    EmptyKey,
    /// The issuer is empty.
    #[error("the token issuer is empty")]
    EmptyIssuer,
    /// The audience is given and empty.
    #[error("the token audience is empty")]
    EmptyAudience,
    /// The header could not be written: a defect.
    #[error("the token header could not be written: {0}")]
    Header(#[from] serde_json::Error),
}

/// Signs and verifies access tokens. Cheap to call from a request's thread.
pub struct JwtIssuer {
    keys: KeyRing,
    issuer: String,
    audience: Option<String>,
}

impl JwtIssuer {
    /// An issuer with one shared key.
    pub fn new(options: JwtOptions) -> Result<Self, JwtSetupError> {
        let key = options.key.expose_secret().as_bytes();
        if key.is_empty() {
            return Err(JwtSetupError::EmptyKey);
        }
        if options.issuer.is_empty() {
            return Err(JwtSetupError::EmptyIssuer);
        }
        if options.audience.as_deref() == Some("") {
            return Err(JwtSetupError::EmptyAudience);
        }
        Ok(Self {
            keys: KeyRing::of(Key::shared(key)?),
            issuer: options.issuer,
            audience: options.audience,
        })
    }

    /// The claims' bytes of a token whose header and signature are ours.
    fn authentic(&self, token: &str) -> Option<Vec<u8>> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header = decode(header)?;
        let header: ReceivedHeader<'_> = object(&header)?;
        let key = self.keys.find(header.kid.as_deref())?;
        let typed = header.typ == TYPE || header.typ.strip_prefix("application/") == Some(TYPE);
        if header.alg != key.algorithm_name() || !typed {
            return None;
        }
        if !key.verifies(message.as_bytes(), &decode(signature)?) {
            return None;
        }
        decode(payload)
    }

    /// Whether authentic claims hold here and at this instant.
    fn holds(&self, claims: &ReceivedClaims<'_>, now: Timestamp) -> bool {
        let now = now.timestamp();
        let ours = match (&self.audience, &claims.aud) {
            (Some(ours), Some(theirs)) => theirs.names(ours),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        ours && claims.iss == self.issuer
            && !claims.jti.is_empty()
            && claims.exp > now
            && claims.iat <= now.saturating_add(MAX_CLOCK_SKEW)
            && claims.nbf.is_none_or(|not_before| not_before <= now)
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
            iss: &self.issuer,
            aud: self.audience.as_deref(),
            jti: random::base64url::<JTI_BYTES>().map_err(|e| failed(&e))?,
        };
        let json = serde_json::to_vec(&issued).map_err(|e| failed(&e))?;
        let key = self.keys.current();
        let mut token = String::with_capacity(key.header().len() + json.len() * 3 / 2 + 64);
        token.push_str(key.header());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(json, &mut token);
        let signature = key.sign(token.as_bytes()).map_err(|e| failed(&e))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        if token.len() > MAX_BYTES {
            return Err(failed(&"the claims are too long"));
        }
        Ok(AccessToken::new(token))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<VerifiedToken, TokenRejected> {
        let json = self.authentic(token).ok_or(TokenRejected::Invalid)?;
        let claims: ReceivedClaims<'_> = object(&json).ok_or(TokenRejected::Invalid)?;
        if !self.holds(&claims, now) {
            return Err(TokenRejected::Invalid);
        }
        let expires_at = DateTime::from_timestamp(claims.exp, 0);
        Ok(VerifiedToken {
            expires_at: expires_at.ok_or(TokenRejected::Invalid)?,
            user_id: claims.user_id().ok_or(TokenRejected::Payload)?,
            session_id: claims.session_id().ok_or(TokenRejected::Payload)?,
        })
    }
}

impl fmt::Debug for JwtIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtIssuer")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// base64url without padding; refuses padding, white space and the other
/// spellings of the last character.
fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
