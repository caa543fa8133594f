//! An issuer, its claims, and a forge that signs whatever it is given.

use auth_crypto::{JwtIssuer, JwtOptions};
use auth_domain::clock::Timestamp;
use auth_domain::identity::{AccessClaims, TokenIssuer as _, TokenRejected, VerifiedToken};
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use auth_domain::text::Username;
use auth_domain::users::EmailAddress;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "a key of the tests, at least 32 bytes";
pub(crate) const ISSUER: &str = "auth-microservice";
pub(crate) const AUDIENCE: &str = "the-services";
/// When the tests' tokens are issued, in seconds since 1970.
pub(crate) const ISSUED: i64 = 1_700_000_000;

pub(crate) fn at(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

pub(crate) fn issuer(audience: Option<&str>) -> JwtIssuer {
    let options = JwtOptions {
        key: KEY.into(),
        issuer: ISSUER.into(),
        audience: audience.map(Into::into),
    };
    JwtIssuer::new(options).unwrap()
}

pub(crate) fn access_claims() -> AccessClaims {
    AccessClaims {
        user_id: UserId::new(42).unwrap(),
        session_id: SessionId::new(7).unwrap(),
        organization_id: OrganizationId::new(3).unwrap(),
        role_id: Some(RoleId::new(5).unwrap()),
        username: Username::from_stored("ana".into()),
        email: EmailAddress::from_stored("ana@example.com".into()),
        issued_at: at(ISSUED),
        expires_at: at(ISSUED + 900),
    }
}

pub(crate) fn header() -> Value {
    json!({"typ": "at+jwt", "alg": "HS256"})
}

pub(crate) fn claims() -> Value {
    json!({
        "sub": "42", "session_id": 7, "exp": ISSUED + 900, "iat": ISSUED,
        "iss": ISSUER, "aud": AUDIENCE, "jti": "one",
    })
}

/// The object with a member set; `None` removes it.
pub(crate) fn with(mut object: Value, name: &str, value: Option<Value>) -> Value {
    let members = object.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(name.into(), value),
        None => members.remove(name),
    };
    object
}

/// A token with exactly these header and claims, signed with the right key.
pub(crate) fn sign(header: &[u8], claims: &[u8]) -> String {
    sign_with(header, claims, KEY, Algorithm::HS256)
}

pub(crate) fn sign_with(header: &[u8], claims: &[u8], key: &str, alg: Algorithm) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{claims}");
    let key = EncodingKey::from_secret(key.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, alg).unwrap();
    format!("{message}.{signature}")
}

pub(crate) fn minted(header: &Value, claims: &Value) -> String {
    sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
}

/// Verifies for our audience a minute after the token was issued.
pub(crate) fn verify(token: &str) -> Result<VerifiedToken, TokenRejected> {
    issuer(Some(AUDIENCE)).verify(token, at(ISSUED + 60))
}
