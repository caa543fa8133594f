//! Signing in and out, refreshing, sessions, passwords, and who one is.

mod bodies;
mod passwords;
mod sessions;
mod tokens;

use auth_application::identity::AuthError;
use auth_domain::identity::GateRefusal;
use auth_http_kit::access::{Authenticated, Public};
use auth_http_kit::answer::{Answer, Json, NoStore};
use auth_http_kit::input::{JsonBody, State};
use auth_http_kit::problem::{EdgeCode, Failure};
use auth_http_kit::routes;
use auth_http_kit::routing::Route;

use bodies::{LegacyLogin, LegacyTokenBody, Login, ProfileBody, Refresh, SessionBody, Success};

const LOGIN_FAILURES: &[&dyn Failure] = &[
    &GateRefusal::AccountInactive,
    &AuthError::EmailNotVerified,
    &AuthError::InvalidCredentials,
    &GateRefusal::OrganizationSuspended,
    &EdgeCode::PolicyUnavailable,
    &EdgeCode::RateLimited,
];
const REFRESH_FAILURES: &[&dyn Failure] = &[
    &GateRefusal::AccountInactive,
    &AuthError::InvalidRefreshToken,
    &GateRefusal::OrganizationSuspended,
    &AuthError::RefreshExpired,
    &GateRefusal::SessionNotFound,
    &GateRefusal::SessionRevoked,
    &EdgeCode::PolicyUnavailable,
    &EdgeCode::RateLimited,
];

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = routes!["auth";
        me.fails(&[&EdgeCode::PolicyUnavailable]),
        refresh.fails(REFRESH_FAILURES),
        login.fails(LOGIN_FAILURES),
        logout,
    ];
    routes.extend(routes!["auth (legacy)"; legacy_login.fails(LOGIN_FAILURES)]);
    routes.extend(sessions::routes());
    routes.extend(passwords::routes());
    routes.extend(tokens::routes());
    routes
}

/// Signs in by name and password, and begins a session.
#[utoipa::path(post, path = "/v1/auth/login")]
async fn login(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<Login>,
) -> Answer<NoStore<Json<SessionBody>>> {
    let login = state
        .app
        .sign_in
        .login(caller.origin(), &body.username, &body.password);
    Ok(NoStore(Json(login.await?.into())))
}

/// Signs in for a client that knows no refresh: the session lives exactly as
/// long as its one access token.
#[utoipa::path(post, path = "/auth/login")]
async fn legacy_login(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<LegacyLogin>,
) -> Answer<NoStore<Json<LegacyTokenBody>>> {
    let login = state
        .app
        .sign_in
        .login_legacy(caller.origin(), &body.username, &body.password);
    Ok(NoStore(Json((&login.await?).into())))
}

/// Exchanges a refresh token for a new pair of the same session.
///
/// The token before the current one gets the same successor for ten seconds;
/// any older one revokes the session.
#[utoipa::path(post, path = "/v1/auth/refresh")]
async fn refresh(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<Refresh>,
) -> Answer<NoStore<Json<SessionBody>>> {
    let refresh = state
        .app
        .sessions
        .refresh(caller.origin(), body.session_id, &body.refresh_token);
    Ok(NoStore(Json(refresh.await?.into())))
}

/// Ends the session.
#[utoipa::path(post, path = "/v1/auth/logout")]
async fn logout(caller: Authenticated, state: State) -> Answer<Json<Success>> {
    state.app.sessions.logout(&caller).await?;
    Ok(Json(Success::SUCCESS))
}

/// Who one is, with roles and permissions.
#[utoipa::path(get, path = "/v1/auth/me")]
async fn me(caller: Authenticated, state: State) -> Answer<Json<ProfileBody>> {
    let profile = state.app.tokens.profile(caller.account.clone()).await?;
    Ok(Json(profile.into()))
}
