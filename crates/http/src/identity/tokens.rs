//! Tokens for other services: the keys that verify them, introspection and
//! revocation.

use actix_web::http::StatusCode;
use auth_application::identity::{ActiveToken, TokenKind};
use auth_domain::identity::{IssuerName, PublishedKey};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Internal, Open};
use crate::answer::{Answer, json, ok, tokens};
use crate::input::{Fields, FormOrJson, FromFields, State, line};
use crate::routing::{Route, route};

pub(super) fn routes() -> Vec<Route> {
    vec![
        route::<__path_introspect, _, _>(introspect).fails(&["store_unavailable"]),
        route::<__path_revoke, _, _>(revoke).fails(&["busy", "store_unavailable"]),
        route::<__path_jwks, _, _>(jwks),
    ]
}

/// What a token is good for now (RFC 7662): of an access or a refresh token.
/// The gate judges it, so that a deactivated user's is inactive at once.
#[utoipa::path(post, path = "/v1/auth/introspect", tag = "auth",
    request_body(content((TokenBody = "application/x-www-form-urlencoded"), (TokenBody = "application/json"))),
    responses((status = 200, body = IntrospectionBody)))]
async fn introspect(
    _caller: Internal,
    state: State,
    FormOrJson(body): FormOrJson<TokenBody>,
) -> Answer {
    let active = state.auth.introspect(&body.token).await?;
    let issuer = state.auth.issuer_name();
    tokens(&IntrospectionBody::of(active.as_ref(), &issuer))
}

/// Ends the session of a token (RFC 7009), of an access or a refresh token.
/// A token that is good for nothing is answered the same.
#[utoipa::path(post, path = "/v1/auth/revoke", tag = "auth",
    request_body(content((TokenBody = "application/x-www-form-urlencoded"), (TokenBody = "application/json"))),
    responses((status = 200, body = RevocationBody)))]
async fn revoke(caller: Internal, state: State, FormOrJson(body): FormOrJson<TokenBody>) -> Answer {
    state.auth.revoke_token(caller.actor(), &body.token).await?;
    ok(&RevocationBody {})
}

/// The public keys that verify access tokens (RFC 7517). Empty where tokens
/// are signed with a shared key.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "auth",
    responses((status = 200, body = KeySet)))]
async fn jwks(_caller: Open, state: State) -> Answer {
    let keys = state.auth.published_keys();
    json(
        StatusCode::OK,
        &KeySet {
            keys: keys.into_iter().map(KeyBody::from).collect(),
        },
    )
}

/// A token to ask about.
#[derive(ToSchema)]
#[schema(as = TokenQuestion, example = json!({"token": "eyJ0eXAiOiJhdCtqd3QifQ.e30.c2ln"}))]
struct TokenBody {
    /// An access token or a refresh token. `token_type_hint` is not needed and
    /// ignored.
    token: String,
}

impl FromFields for TokenBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.required("token", line);
        Some(Self { token: token? })
    }
}

/// What a token is good for: nothing, or all of this.
#[derive(Serialize, ToSchema)]
#[schema(as = Introspection, example = json!({
    "active": true, "token_type": "access_token", "sub": "7", "username": "ana",
    "organization_id": 3, "session_id": 17, "iss": "auth-microservice",
    "aud": "auth-microservice", "iat": 1_795_000_000, "exp": 1_795_000_900
}))]
struct IntrospectionBody<'a> {
    active: bool,
    /// `access_token` or `refresh_token`
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// The user's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

impl<'a> IntrospectionBody<'a> {
    const INACTIVE: Self = Self {
        active: false,
        token_type: None,
        sub: None,
        username: None,
        organization_id: None,
        session_id: None,
        iss: None,
        aud: None,
        iat: None,
        exp: None,
    };

    fn of(token: Option<&'a ActiveToken>, issuer: &'a IssuerName) -> Self {
        let Some(token) = token else {
            return Self::INACTIVE;
        };
        let (token_type, iat) = match token.kind {
            TokenKind::Access { issued_at } => ("access_token", Some(issued_at.timestamp())),
            TokenKind::Refresh => ("refresh_token", None),
        };
        let account = &token.principal.account;
        Self {
            active: true,
            token_type: Some(token_type),
            sub: Some(account.user_id.to_string()),
            username: Some(account.username.as_str()),
            organization_id: Some(account.organization_id.get()),
            session_id: Some(token.principal.session_id.get()),
            iss: Some(&issuer.issuer),
            aud: issuer.audience.as_deref(),
            iat,
            exp: Some(token.expires_at.timestamp()),
        }
    }
}

/// Nothing: the status says it all.
#[derive(Serialize, ToSchema)]
#[schema(as = Revocation, example = json!({}))]
struct RevocationBody {}

/// A set of keys.
#[derive(Serialize, ToSchema)]
#[schema(as = JsonWebKeySet, example = json!({"keys": [{
    "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
}]}))]
struct KeySet {
    keys: Vec<KeyBody>,
}

/// An Ed25519 key (RFC 8037).
#[derive(Serialize, ToSchema)]
#[schema(as = JsonWebKey)]
struct KeyBody {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    key_use: &'static str,
    /// The key's thumbprint (RFC 7638).
    kid: String,
    /// The public key in base64url.
    x: String,
}

impl From<PublishedKey> for KeyBody {
    fn from(key: PublishedKey) -> Self {
        Self {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            key_use: "sig",
            kid: key.id,
            x: key.x,
        }
    }
}
