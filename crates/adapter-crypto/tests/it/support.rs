//! An issuer, its claims, and a forge that signs whatever it is given.

use auth_crypto::{JwtIssuer, JwtOptions, SigningKey};
use auth_domain::clock::Timestamp;
use auth_domain::identity::{AccessClaims, TokenIssuer as _, TokenRejected, VerifiedToken};
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use auth_domain::text::Username;
use auth_domain::users::EmailAddress;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
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

/// The private key of RFC 8037, appendix A.1, its `x` and its thumbprint.
pub(crate) const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
pub(crate) const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
pub(crate) const KID: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// What signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Shared,
    Ed25519,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Shared, Self::Ed25519];

    pub(crate) fn signing(self) -> SigningKey {
        match self {
            Self::Shared => SigningKey::Shared(KEY.into()),
            Self::Ed25519 => SigningKey::Ed25519(private_pem(&seed()).into()),
        }
    }

    pub(crate) fn issuer(self, audience: Option<&str>) -> JwtIssuer {
        JwtIssuer::new(options(self.signing(), audience)).unwrap()
    }

    pub(crate) fn header(self) -> Value {
        match self {
            Self::Shared => json!({"typ": "at+jwt", "alg": "HS256"}),
            Self::Ed25519 => json!({"typ": "at+jwt", "alg": "EdDSA", "kid": KID}),
        }
    }

    /// A token with exactly these header and claims, signed with the right key.
    pub(crate) fn sign(self, header: &[u8], claims: &[u8]) -> String {
        match self {
            Self::Shared => sign_with(header, claims, KEY.as_bytes(), Algorithm::HS256),
            Self::Ed25519 => sign_with(header, claims, &pkcs8(&seed()), Algorithm::EdDSA),
        }
    }

    pub(crate) fn minted(self, header: &Value, claims: &Value) -> String {
        self.sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// Verifies for our audience a minute after the token was issued: without a
    /// cache, and twice with one, which must all say the same.
    pub(crate) fn verify(self, token: &str) -> Result<VerifiedToken, TokenRejected> {
        let mut options = options(self.signing(), Some(AUDIENCE));
        let now = at(ISSUED + 60);
        let plain = JwtIssuer::new(options.clone()).unwrap().verify(token, now);
        options.cached_tokens = 10;
        let cached = JwtIssuer::new(options).unwrap();
        assert_eq!(cached.verify(token, now), plain, "first with a cache");
        assert_eq!(cached.verify(token, now), plain, "then from the cache");
        plain
    }

    pub(crate) fn judged(self, token: &str) -> Result<(), TokenRejected> {
        self.verify(token).map(|_| ())
    }
}

pub(crate) fn options(signing: SigningKey, audience: Option<&str>) -> JwtOptions {
    JwtOptions {
        signing,
        accepted_shared: None,
        accepted_public: String::new(),
        issuer: ISSUER.into(),
        audience: audience.map(Into::into),
        cached_tokens: 0,
    }
}

/// The seed of the key above.
pub(crate) fn seed() -> [u8; 32] {
    URL_SAFE_NO_PAD.decode(D).unwrap().try_into().unwrap()
}

/// An Ed25519 private key as `openssl genpkey` makes it.
pub(crate) fn pkcs8(seed: &[u8; 32]) -> Vec<u8> {
    let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    [prefix.as_slice(), seed].concat()
}

pub(crate) fn spki(x: &str) -> Vec<u8> {
    let prefix = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    [prefix.as_slice(), &URL_SAFE_NO_PAD.decode(x).unwrap()].concat()
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

pub(crate) fn private_pem(seed: &[u8; 32]) -> String {
    pem("PRIVATE KEY", &pkcs8(seed))
}

pub(crate) fn public_pem(x: &str) -> String {
    pem("PUBLIC KEY", &spki(x))
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

/// A token with exactly these header and claims; the key is a secret, or
/// PKCS#8.
pub(crate) fn sign_with(header: &[u8], claims: &[u8], key: &[u8], alg: Algorithm) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{claims}");
    let key = match alg {
        Algorithm::EdDSA => EncodingKey::from_ed_der(key),
        _ => EncodingKey::from_secret(key),
    };
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, alg).unwrap();
    format!("{message}.{signature}")
}
