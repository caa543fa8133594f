//! Signing in, refreshing and profiles on the wire.

use auth_application::identity::{LegacyToken, Profile, SignedIn, TokenPair};
use auth_domain::identity::{LoginName, OneTimeToken, Password, RefreshToken};
use auth_domain::ids::{RoleId, SessionId};
use auth_domain::text::{PersonName, TextError, Username};
use auth_domain::wire_enum;
use auth_http_kit::answer::WireTime;
use auth_http_kit::describe::Schemas;
use auth_http_kit::input::{Id, Refusals, Text, WireValue, Word, string, text};
use auth_http_kit::wire_object;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::organizations::LicenseStatusWord;
use crate::users::UserStatusWord;

/// The name that somebody signs in with: a name with `@` may be as long as an
/// e-mail address, any other as long as a username.
pub(super) struct SignInName;

impl WireValue for SignInName {
    type Read = LoginName;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<LoginName> {
        text(login_name)(value, refusals)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        let pattern = format!("^(.{{0,{}}}|.*@.*)$", Username::MAX);
        json!({
            "type": "string",
            "minLength": Username::MIN,
            "maxLength": LoginName::MAX,
            "pattern": pattern,
        })
    }
}

fn login_name(raw: &str) -> Result<LoginName, TextError> {
    let login = LoginName::parse(raw, Username::MIN)?;
    if !login.is_email() {
        Username::parse(raw)?;
    }
    Ok(login)
}

/// The same without rules on how short it is.
pub(super) struct LegacySignInName;

impl WireValue for LegacySignInName {
    type Read = LoginName;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<LoginName> {
        text(|raw| LoginName::parse(raw, 0))(value, refusals)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        json!({"type": "string", "maxLength": LoginName::MAX})
    }
}

/// Secrets that are compared or looked up: no rule on their form.
macro_rules! compared_secrets {
    ($($(#[$doc:meta])* $name:ident => $read:ty, $take:expr;)+) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl WireValue for $name {
            type Read = $read;

            fn read(value: &Value, refusals: &mut Refusals) -> Option<$read> {
                string(value, refusals).map($take)
            }

            fn schema(_schemas: &mut Schemas) -> Value {
                json!({"type": "string"})
            }
        }
    )+};
}

compared_secrets! {
    /// A password that is compared with the stored one.
    PasswordAttempt => Password, Password::attempt;
    /// A refresh token as a client shows it.
    ShownRefreshToken => RefreshToken, |token| RefreshToken::new(token.to_owned());
    /// A mailed token as a client shows it.
    ShownOneTimeToken => OneTimeToken, |token| OneTimeToken::new(token.to_owned());
}

wire_object! {
    /// Name and password.
    #[example({"username": "ana", "password": "correct horse battery"})]
    pub(super) struct Login {
        /// The username, or the e-mail address (then up to 255 characters).
        pub(super) username: required SignInName,
        /// The password.
        pub(super) password: required Text<Password>,
    }
}

wire_object! {
    /// Name and password, without rules on how short they are.
    #[example({"username": "ana", "password": "correct horse battery"})]
    pub(super) struct LegacyLogin {
        /// The username, or the e-mail address.
        pub(super) username: required LegacySignInName,
        /// The password.
        pub(super) password: required PasswordAttempt,
    }
}

wire_object! {
    /// A session and its refresh token.
    #[example({"session_id": 17, "refresh_token": "c2VjcmV0"})]
    pub(super) struct Refresh {
        /// The session.
        pub(super) session_id: required Id<SessionId>,
        /// Its refresh token.
        pub(super) refresh_token: required ShownRefreshToken,
    }
}

wire_enum! {
    /// How an access token is shown (RFC 6750).
    TokenType {
        /// In the header `Authorization`.
        Bearer = "bearer",
    }
}

type TokenTypeWord = Word<TokenType>;

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
pub(super) struct SessionBody {
    tokens: TokenPairBody,
    user: ProfileBody,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenPair)]
struct TokenPairBody {
    access_token: String,
    refresh_token: String,
    token_type: TokenTypeWord,
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
pub(super) struct ProfileBody {
    user_id: i64,
    username: String,
    first_name: String,
    last_name: Option<String>,
    organization_id: i64,
    /// The primary role: the oldest assignment.
    role_id: Option<i64>,
    email: Option<String>,
    status: UserStatusWord,
    /// All roles, the oldest assignment first.
    role_ids: Vec<i64>,
    /// What the roles allow, sorted.
    permissions: Vec<String>,
    /// Whether the e-mail address was proved to be the user's.
    email_verified: bool,
    license_status: LicenseStatusWord,
}

/// An access token.
#[derive(Serialize, ToSchema)]
#[schema(as = LegacyToken, example = json!({
    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "token_type": "bearer",
    "expires_in": 86400
}))]
pub(super) struct LegacyTokenBody {
    access_token: String,
    token_type: TokenTypeWord,
    /// How long it lives, in seconds.
    expires_in: u64,
}

impl From<SignedIn> for SessionBody {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            tokens: (&signed_in.tokens).into(),
            user: signed_in.profile.into(),
        }
    }
}

impl From<&TokenPair> for TokenPairBody {
    fn from(pair: &TokenPair) -> Self {
        Self {
            access_token: pair.access_token.expose().to_owned(),
            refresh_token: pair.refresh_token.expose().to_owned(),
            token_type: Word(TokenType::Bearer),
            expires_in: pair.expires_in.as_secs(),
            refresh_expires_at: WireTime(pair.refresh_expires_at),
            session_id: pair.session_id.get(),
        }
    }
}

impl From<Profile> for ProfileBody {
    fn from(profile: Profile) -> Self {
        let role_id = profile.role_id().map(RoleId::get);
        let account = &profile.account;
        let last_name = account.last_name.as_ref().map(PersonName::as_str);
        Self {
            user_id: account.user_id.get(),
            username: account.username.as_str().to_owned(),
            first_name: account.first_name.as_str().to_owned(),
            last_name: last_name.map(str::to_owned),
            organization_id: account.organization_id.get(),
            role_id,
            email: Some(account.email.as_str().to_owned()),
            status: Word(account.status),
            email_verified: account.email_verified_at.is_some(),
            license_status: Word(account.license_status),
            role_ids: profile.role_ids.iter().map(|role| role.get()).collect(),
            permissions: profile.permissions,
        }
    }
}

impl From<&LegacyToken> for LegacyTokenBody {
    fn from(token: &LegacyToken) -> Self {
        Self {
            access_token: token.access_token.expose().to_owned(),
            token_type: Word(TokenType::Bearer),
            expires_in: token.expires_in.as_secs(),
        }
    }
}
