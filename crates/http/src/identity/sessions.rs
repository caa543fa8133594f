//! The sessions of the signed-in user.

use auth_application::identity::AuthError;
use auth_domain::identity::SessionInfo;
use auth_domain::ids::SessionId;
use auth_domain::page::SessionKey;
use auth_http_kit::access::Authenticated;
use auth_http_kit::answer::{Answer, Json, WireTime};
use auth_http_kit::input::{PathId, State};
use auth_http_kit::page::{Listed, Paged};
use auth_http_kit::routes;
use auth_http_kit::routing::Route;
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::Success;

pub(super) fn routes() -> Vec<Route> {
    routes!["auth";
        list_sessions,
        revoke_session.fails(&[&AuthError::NoSuchSession]),
        revoke_other_sessions,
    ]
}

/// The live sessions of the signed-in user, the latest first.
#[utoipa::path(get, path = "/v1/auth/sessions")]
async fn list_sessions(
    caller: Authenticated,
    state: State,
    page: Paged<SessionKey>,
) -> Answer<Listed<UserSessionBody>> {
    let current = caller.session();
    let list = state.app.sessions.list(&caller, page.request());
    Ok(page.answer(list.await?, |session| UserSessionBody::of(session, current)))
}

/// Ends one session of the signed-in user.
#[utoipa::path(delete, path = "/v1/auth/sessions/{session_id}")]
async fn revoke_session(
    caller: Authenticated,
    state: State,
    PathId(id): PathId<SessionId>,
) -> Answer<Json<Success>> {
    state.app.sessions.revoke(&caller, id).await?;
    Ok(Json(Success::SUCCESS))
}

/// Ends all sessions of the signed-in user but the present one.
#[utoipa::path(delete, path = "/v1/auth/sessions")]
async fn revoke_other_sessions(caller: Authenticated, state: State) -> Answer<Json<RevokedBody>> {
    let revoked = state.app.sessions.revoke_others(&caller).await?;
    Ok(Json(RevokedBody { revoked }))
}

/// A session of the signed-in user.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSession, example = json!({
    "session_id": 17, "issued_at": "2026-11-23T22:35:04.365951Z", "last_refreshed_at": null,
    "expires_at": "2026-12-07T22:35:04.365951Z", "ip_address": "192.0.2.7",
    "user_agent": "curl/8.5.0", "current": true
}))]
struct UserSessionBody {
    session_id: i64,
    #[schema(value_type = String, format = DateTime)]
    issued_at: WireTime,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_refreshed_at: Option<WireTime>,
    /// When it ends unless it is refreshed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: WireTime,
    /// From where it was last signed in or refreshed.
    ip_address: Option<String>,
    user_agent: Option<String>,
    /// Whether it is the session that asks.
    current: bool,
}

impl UserSessionBody {
    fn of(session: SessionInfo, current: Option<SessionId>) -> Self {
        Self {
            session_id: session.id.get(),
            issued_at: WireTime(session.issued_at),
            last_refreshed_at: session.last_refreshed_at.map(WireTime),
            expires_at: WireTime(session.expires_at),
            ip_address: session.ip_address,
            user_agent: session.user_agent,
            current: Some(session.id) == current,
        }
    }
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
#[schema(as = RevokedSessions, example = json!({"revoked": 2}))]
struct RevokedBody {
    revoked: usize,
}
