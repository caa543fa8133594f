//! The JSON inside a token: as it is written, and as it is read.

use std::borrow::Cow;

use auth_domain::clock::Timestamp;
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// How far `iat` may lie ahead of our clock, in seconds: clocks of several
/// processes differ.
const MAX_CLOCK_SKEW: i64 = 60;

/// The claims that are written. Times are whole seconds since 1970
/// (RFC 7519, section 2, `NumericDate`).
#[derive(Serialize)]
pub(super) struct IssuedClaims<'a> {
    pub(super) sub: String,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) username: &'a str,
    pub(super) organization_id: OrganizationId,
    pub(super) role_id: Option<RoleId>,
    pub(super) email: &'a str,
    pub(super) session_id: SessionId,
    pub(super) iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aud: Option<&'a str>,
    pub(super) jti: String,
}

/// A header that is read. Anything but these members is refused: our tokens
/// have no other, so there is no `jku`, `jwk`, `x5u` or `crit` to act on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceivedHeader<'a> {
    #[serde(borrow)]
    pub(super) alg: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) typ: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) kid: Option<Cow<'a, str>>,
}

/// The claims that are read; the rest of a token's claims is for its bearers.
#[derive(Deserialize)]
pub(super) struct ReceivedClaims<'a> {
    #[serde(borrow)]
    pub(super) iss: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) aud: Option<Audience<'a>>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    #[serde(borrow)]
    pub(super) jti: Cow<'a, str>,
    #[serde(borrow)]
    sub: Option<Claim<'a>>,
    #[serde(borrow)]
    session_id: Option<Claim<'a>>,
}

/// When a token holds, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) nbf: Option<i64>,
}

impl Times {
    /// Whether it holds at this instant: not expired, without leeway; not from
    /// the future; already valid.
    pub(super) fn hold(self, now: Timestamp) -> bool {
        let now = now.timestamp();
        self.exp > now
            && self.iat <= now.saturating_add(MAX_CLOCK_SKEW)
            && self.nbf.is_none_or(|not_before| not_before <= now)
    }
}

impl ReceivedClaims<'_> {
    /// When the token holds.
    pub(super) fn times(&self) -> Times {
        Times {
            exp: self.exp,
            iat: self.iat,
            nbf: self.nbf,
        }
    }

    /// `sub`: the user's id as a decimal number in a string.
    pub(super) fn user_id(&self) -> Option<UserId> {
        let Some(Claim::Text(text)) = &self.sub else {
            return None;
        };
        let canonical = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
        if !canonical {
            return None;
        }
        UserId::new(text.parse().ok()?).ok()
    }

    /// `session_id`: a number.
    pub(super) fn session_id(&self) -> Option<SessionId> {
        match self.session_id {
            Some(Claim::Number(id)) => SessionId::new(id).ok(),
            _ => None,
        }
    }
}

/// `aud` (RFC 7519, section 4.1.3): one audience or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Many(#[serde(borrow)] Vec<Cow<'a, str>>),
}

impl Audience<'_> {
    /// Whether it names this audience.
    pub(super) fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

/// A claim of any type, so that a wrong type is a wrong claim and not a
/// token that cannot be read.
#[derive(Deserialize)]
#[serde(untagged)]
enum Claim<'a> {
    Number(i64),
    Text(#[serde(borrow)] Cow<'a, str>),
    Other(IgnoredAny),
}

/// Reads a JSON object. `serde` would also read a struct from an array.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    if json.first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(json).ok()
}
