//! Signing in and out, refreshing, sessions, passwords, and who one is.

mod bodies;
mod passwords;
mod sessions;
mod tokens;

use crate::access::{Authenticated, Public};
use crate::answer::{Answer, ok, tokens as token_answer};
use crate::input::{JsonBody, State};
use crate::routing::{Route, route};
use bodies::{
    LegacyLoginBody, LegacyTokenBody, LoginBody, ProfileBody, RefreshBody, SessionBody, Success,
};

const LOGIN_ERRORS: &[&str] = &[
    "account_inactive",
    "busy",
    "invalid_credentials",
    "organization_suspended",
    "policy_unavailable",
    "rate_limited",
    "store_unavailable",
];
const REFRESH_ERRORS: &[&str] = &[
    "account_inactive",
    "busy",
    "invalid_refresh_token",
    "organization_suspended",
    "policy_unavailable",
    "rate_limited",
    "refresh_expired",
    "session_not_found",
    "session_revoked",
    "store_unavailable",
];

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        route::<__path_me, _, _>(me).fails(&["policy_unavailable"]),
        route::<__path_refresh, _, _>(refresh).fails(REFRESH_ERRORS),
        route::<__path_login, _, _>(login).fails(LOGIN_ERRORS),
        route::<__path_legacy_login, _, _>(legacy_login).fails(LOGIN_ERRORS),
        route::<__path_logout, _, _>(logout),
    ];
    routes.extend(sessions::routes());
    routes.extend(passwords::routes());
    routes.extend(tokens::routes());
    routes
}

/// Signs in by name and password, and begins a session.
#[utoipa::path(post, path = "/v1/auth/login", tag = "auth", request_body = LoginBody,
    responses((status = 200, body = SessionBody)))]
async fn login(caller: Public, state: State, JsonBody(body): JsonBody<LoginBody>) -> Answer {
    let login = state
        .auth
        .login(caller.origin(), &body.username, &body.password);
    token_answer(&SessionBody::from(&login.await?))
}

/// Signs in for a client that knows no refresh: the session lives exactly as
/// long as its one access token.
#[utoipa::path(post, path = "/auth/login", tag = "auth (legacy)", request_body = LegacyLoginBody,
    responses((status = 200, body = LegacyTokenBody)))]
async fn legacy_login(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<LegacyLoginBody>,
) -> Answer {
    let login = state
        .auth
        .login_legacy(caller.origin(), &body.username, &body.password);
    token_answer(&LegacyTokenBody::from(&login.await?))
}

/// Exchanges a refresh token for a new pair of the same session.
///
/// The token before the current one gets the same successor for ten seconds;
/// any older one revokes the session.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "auth", request_body = RefreshBody,
    responses((status = 200, body = SessionBody)))]
async fn refresh(caller: Public, state: State, JsonBody(body): JsonBody<RefreshBody>) -> Answer {
    let refresh = state
        .auth
        .refresh(caller.origin(), body.session_id, &body.refresh_token);
    token_answer(&SessionBody::from(&refresh.await?))
}

/// Ends the session.
#[utoipa::path(post, path = "/v1/auth/logout", tag = "auth",
    responses((status = 200, body = Success)))]
async fn logout(caller: Authenticated, state: State) -> Answer {
    state
        .auth
        .logout(caller.actor(), caller.principal())
        .await?;
    ok(&Success::SUCCESS)
}

/// Who one is, with roles and permissions.
#[utoipa::path(get, path = "/v1/auth/me", tag = "auth",
    responses((status = 200, body = ProfileBody)))]
async fn me(caller: Authenticated, state: State) -> Answer {
    let profile = state.auth.me(caller.principal()).await?;
    ok(&ProfileBody::from(&profile))
}
