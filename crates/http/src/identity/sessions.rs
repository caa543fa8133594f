//! The sessions of the signed-in user.

use auth_domain::identity::SessionInfo;
use auth_domain::ids::SessionId;
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::Success;
use crate::access::Authenticated;
use crate::answer::{Answer, WireTime, ok};
use crate::input::{PathId, State};
use crate::page::{ItemList, PageParameters, Paged};
use crate::routing::{Route, route};

pub(super) fn routes() -> Vec<Route> {
    vec![
        route::<__path_list_sessions, _, _>(list_sessions),
        route::<__path_revoke_session, _, _>(revoke_session).fails(&["busy", "no_such_session"]),
        route::<__path_revoke_other_sessions, _, _>(revoke_other_sessions).fails(&["busy"]),
    ]
}

/// The live sessions of the signed-in user, the latest first.
#[utoipa::path(get, path = "/v1/auth/sessions", tag = "auth", params(PageParameters),
    responses((status = 200, body = ItemList<UserSessionBody>)))]
async fn list_sessions(caller: Authenticated, state: State, page: Paged<1>) -> Answer {
    let current = caller.principal().session_id;
    let list = state.auth.sessions(caller.principal(), page.request());
    page.answer(list.await?, |session| UserSessionBody::of(session, current))
}

/// Ends one session of the signed-in user.
#[utoipa::path(delete, path = "/v1/auth/sessions/{session_id}", tag = "auth",
    params(("session_id" = i64, Path, minimum = 1, example = 17)),
    responses((status = 200, body = Success)))]
async fn revoke_session(
    caller: Authenticated,
    state: State,
    PathId(id): PathId<SessionId>,
) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    state.auth.revoke_session(actor, principal, id).await?;
    ok(&Success::SUCCESS)
}

/// Ends all sessions of the signed-in user but the present one.
#[utoipa::path(delete, path = "/v1/auth/sessions", tag = "auth",
    responses((status = 200, body = RevokedBody)))]
async fn revoke_other_sessions(caller: Authenticated, state: State) -> Answer {
    let (actor, principal) = (caller.actor(), caller.principal());
    let revoked = state.auth.revoke_other_sessions(actor, principal).await?;
    ok(&RevokedBody { revoked })
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
    fn of(session: SessionInfo, current: SessionId) -> Self {
        Self {
            session_id: session.id.get(),
            issued_at: WireTime(session.issued_at),
            last_refreshed_at: session.last_refreshed_at.map(WireTime),
            expires_at: WireTime(session.expires_at),
            ip_address: session.ip_address,
            user_agent: session.user_agent,
            current: session.id == current,
        }
    }
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
#[schema(as = RevokedSessions, example = json!({"revoked": 2}))]
struct RevokedBody {
    revoked: usize,
}
