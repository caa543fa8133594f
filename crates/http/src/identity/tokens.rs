//! Tokens for other services: the keys that verify them, introspection and
//! revocation.

use auth_application::identity::{ActiveToken, TokenKind};
use auth_domain::identity::{IssuerName, PublishedKey};
use auth_domain::wire_enum;
use auth_http_kit::access::{Internal, Open};
use auth_http_kit::answer::{Answer, FiveMinutes, Json, NoStore};
use auth_http_kit::input::{FormOrJson, Line, State, Word};
use auth_http_kit::routing::Route;
use auth_http_kit::{routes, wire_object};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes() -> Vec<Route> {
    routes!["auth"; introspect, revoke, jwks]
}

/// What a token is good for now (RFC 7662): of an access or a refresh token.
/// The gate judges it, so that a deactivated user's is inactive at once. JSON is
/// taken as well as a form.
#[utoipa::path(post, path = "/v1/auth/introspect")]
async fn introspect(
    caller: Internal,
    state: State,
    FormOrJson(body): FormOrJson<TokenQuestion>,
) -> Answer<NoStore<Json<IntrospectionBody>>> {
    let active = state.app.tokens.introspect(&caller, &body.token).await?;
    let issuer = state.app.tokens.issuer_name();
    let body = IntrospectionBody::of(active.as_ref(), issuer);
    Ok(NoStore(Json(body)))
}

/// Ends the session of a token (RFC 7009), of an access or a refresh token.
/// A token that is good for nothing is answered the same. JSON is taken as well
/// as a form.
#[utoipa::path(post, path = "/v1/auth/revoke")]
async fn revoke(
    caller: Internal,
    state: State,
    FormOrJson(body): FormOrJson<TokenQuestion>,
) -> Answer<Json<RevocationBody>> {
    state.app.tokens.revoke(&caller, &body.token).await?;
    Ok(Json(RevocationBody {}))
}

/// The public keys that verify access tokens (RFC 7517). Empty where tokens
/// are signed with a shared key.
#[utoipa::path(get, path = "/.well-known/jwks.json")]
async fn jwks(_caller: Open, state: State) -> Answer<FiveMinutes<Json<KeySet>>> {
    let keys = state.app.tokens.published_keys().into_iter();
    Ok(FiveMinutes(Json(KeySet {
        keys: keys.map(KeyBody::from).collect(),
    })))
}

wire_object! {
    /// A token to ask about.
    #[example({"token": "eyJ0eXAiOiJhdCtqd3QifQ.e30.c2ln"})]
    struct TokenQuestion {
        /// An access token or a refresh token. `token_type_hint` is not needed and
        /// ignored.
        token: required Line,
    }
}

wire_enum! {
    /// Which kind of token it is.
    IntrospectedToken {
        /// An access token.
        Access = "access_token",
        /// A refresh token.
        Refresh = "refresh_token",
    }
}

type TokenKindWord = Word<IntrospectedToken>;

/// What a token is good for: nothing, or all of this.
#[derive(Serialize, ToSchema)]
#[schema(as = Introspection, example = json!({
    "active": true, "token_type": "access_token", "sub": "7", "username": "ana",
    "organization_id": 3, "session_id": 17, "iss": "auth-microservice",
    "aud": "auth-microservice", "iat": 1_795_000_000, "exp": 1_795_000_900
}))]
struct IntrospectionBody {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token_type: Option<TokenKindWord>,
    /// The user's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    organization_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    session_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    aud: Option<String>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iat: Option<i64>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exp: Option<i64>,
}

impl IntrospectionBody {
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

    fn of(token: Option<&ActiveToken>, issuer: IssuerName) -> Self {
        let Some(token) = token else {
            return Self::INACTIVE;
        };
        let (token_type, iat) = match token.kind {
            TokenKind::Access { issued_at } => {
                (IntrospectedToken::Access, Some(issued_at.timestamp()))
            }
            TokenKind::Refresh => (IntrospectedToken::Refresh, None),
        };
        let account = &token.account;
        Self {
            active: true,
            token_type: Some(Word(token_type)),
            sub: Some(account.user_id.to_string()),
            username: Some(account.username.as_str().to_owned()),
            organization_id: Some(account.organization_id.get()),
            session_id: Some(token.session_id.get()),
            iss: Some(issuer.issuer),
            aud: issuer.audience,
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
