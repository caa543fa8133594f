use auth_application::identity::{LegacyToken, Profile, SignedIn, TokenPair};
use auth_domain::identity::{LoginName, Password, RefreshToken};
use auth_domain::ids::{RoleId, SessionId};
use auth_domain::text::{PersonName, TextError, Username};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::WireTime;
use crate::input::{Fields, FromFields, id, string, text};

/// Name and password.
#[derive(ToSchema)]
#[schema(as = Login, example = json!({"username": "ana", "password": "correct horse battery"}))]
pub(super) struct LoginBody {
    /// The username, or the e-mail address (then up to 255 characters).
    #[schema(value_type = String, min_length = 3, max_length = 255)]
    pub(super) username: LoginName,
    /// The password.
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    pub(super) password: Password,
}

impl FromFields for LoginBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let username = fields.required("username", text(login_name));
        let password = fields.required("password", text(Password::parse));
        Some(Self {
            username: username?,
            password: password?,
        })
    }
}

/// A name with `@` may be as long as an e-mail address, any other as long as a
/// username.
fn login_name(raw: &str) -> Result<LoginName, TextError> {
    let login = LoginName::parse(raw, Username::MIN)?;
    if !login.is_email() {
        Username::parse(raw)?;
    }
    Ok(login)
}

/// Name and password, without rules on their length.
#[derive(ToSchema)]
#[schema(as = LegacyLogin, example = json!({"username": "ana", "password": "correct horse battery"}))]
pub(super) struct LegacyLoginBody {
    /// The username, or the e-mail address.
    #[schema(value_type = String, max_length = 255)]
    pub(super) username: LoginName,
    /// The password.
    #[schema(value_type = String)]
    pub(super) password: Password,
}

impl FromFields for LegacyLoginBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let username = fields.required("username", text(|raw| LoginName::parse(raw, 0)));
        let password = fields.required("password", |value, refusals| {
            string(value, refusals).map(Password::attempt)
        });
        Some(Self {
            username: username?,
            password: password?,
        })
    }
}

/// A session and its refresh token.
#[derive(ToSchema)]
#[schema(as = Refresh, example = json!({"session_id": 17, "refresh_token": "c2VjcmV0"}))]
pub(super) struct RefreshBody {
    /// The session.
    #[schema(value_type = i64, minimum = 1)]
    pub(super) session_id: SessionId,
    /// Its refresh token.
    #[schema(value_type = String)]
    pub(super) refresh_token: RefreshToken,
}

impl FromFields for RefreshBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let session_id = fields.required("session_id", id);
        let refresh_token = fields.required("refresh_token", |value, refusals| {
            string(value, refusals).map(|token| RefreshToken::new(token.to_owned()))
        });
        Some(Self {
            session_id: session_id?,
            refresh_token: refresh_token?,
        })
    }
}

/// It is done.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "success"}))]
pub(super) struct Success {
    status: &'static str,
}

impl Success {
    pub(super) const SUCCESS: Self = Self { status: "success" };
}

/// A session with its tokens, and who it belongs to.
#[derive(Serialize, ToSchema)]
#[schema(as = Session, example = json!({
    "tokens": {
        "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.e30.c2ln",
        "refresh_token": "c2VjcmV0",
        "token_type": "bearer",
        "expires_in": 900,
        "refresh_expires_at": "2026-12-07T22:35:04.365951Z",
        "session_id": 17
    },
    "user": {
        "user_id": 7, "username": "ana", "first_name": "Ana", "last_name": null,
        "organization_id": 3, "role_id": 5, "email": "ana@example.com", "status": "active",
        "role_ids": [5], "permissions": ["user.read"], "email_verified": true,
        "license_status": "active"
    }
}))]
pub(super) struct SessionBody<'a> {
    tokens: TokenPairBody<'a>,
    user: ProfileBody<'a>,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenPair)]
struct TokenPairBody<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    /// `bearer`
    token_type: &'static str,
    /// How long the access token lives, in seconds.
    expires_in: u64,
    /// When the session ends unless it is refreshed.
    #[schema(value_type = String, format = DateTime)]
    refresh_expires_at: WireTime,
    session_id: i64,
}

/// Who somebody is.
#[derive(Serialize, ToSchema)]
#[schema(as = Profile, example = json!({
    "user_id": 7, "username": "ana", "first_name": "Ana", "last_name": null,
    "organization_id": 3, "role_id": 5, "email": "ana@example.com", "status": "active",
    "role_ids": [5], "permissions": ["user.read"], "email_verified": true,
    "license_status": "active"
}))]
pub(super) struct ProfileBody<'a> {
    user_id: i64,
    username: &'a str,
    first_name: &'a str,
    last_name: Option<&'a str>,
    organization_id: i64,
    /// The primary role: the oldest assignment.
    role_id: Option<i64>,
    email: Option<&'a str>,
    /// `active` or `inactive`
    status: &'static str,
    /// All roles, the oldest assignment first.
    role_ids: Vec<i64>,
    /// What the roles allow, sorted.
    permissions: &'a [String],
    /// Whether the e-mail address was proved to be the user's.
    email_verified: bool,
    /// `active`, `suspended` or `expired`
    license_status: &'static str,
}

/// An access token.
#[derive(Serialize, ToSchema)]
#[schema(as = LegacyToken, example = json!({
    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "token_type": "bearer",
    "expires_in": 86400
}))]
pub(super) struct LegacyTokenBody<'a> {
    access_token: &'a str,
    /// `bearer`
    token_type: &'static str,
    /// How long it lives, in seconds.
    expires_in: u64,
}

impl<'a> From<&'a SignedIn> for SessionBody<'a> {
    fn from(signed_in: &'a SignedIn) -> Self {
        Self {
            tokens: (&signed_in.tokens).into(),
            user: (&signed_in.profile).into(),
        }
    }
}

impl<'a> From<&'a TokenPair> for TokenPairBody<'a> {
    fn from(pair: &'a TokenPair) -> Self {
        Self {
            access_token: pair.access_token.expose(),
            refresh_token: pair.refresh_token.expose(),
            token_type: "bearer",
            expires_in: pair.expires_in.as_secs(),
            refresh_expires_at: WireTime(pair.refresh_expires_at),
            session_id: pair.session_id.get(),
        }
    }
}

impl<'a> From<&'a Profile> for ProfileBody<'a> {
    fn from(profile: &'a Profile) -> Self {
        let account = &profile.account;
        Self {
            user_id: account.user_id.get(),
            username: account.username.as_str(),
            first_name: account.first_name.as_str(),
            last_name: account.last_name.as_ref().map(PersonName::as_str),
            organization_id: account.organization_id.get(),
            role_id: profile.role_id().map(RoleId::get),
            email: Some(account.email.as_str()),
            status: account.status.as_str(),
            role_ids: profile.role_ids.iter().map(|role| role.get()).collect(),
            permissions: &profile.permissions,
            email_verified: account.email_verified_at.is_some(),
            license_status: account.license_status.as_str(),
        }
    }
}

impl<'a> From<&'a LegacyToken> for LegacyTokenBody<'a> {
    fn from(token: &'a LegacyToken) -> Self {
        Self {
            access_token: token.access_token.expose(),
            token_type: "bearer",
            expires_in: token.expires_in.as_secs(),
        }
    }
}
