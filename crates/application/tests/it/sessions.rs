//! The sessions of a user: which there are, and ending them.

use std::sync::Arc;
use std::time::Duration;

use auth_application::identity::CachedSessions;
use auth_domain::caller::Caller;
use auth_domain::ids::SessionId;
use auth_domain::page::PageRequest;
use auth_memory::MemorySessionCache;
use auth_testkit::clock::ManualClock;
use serde_json::json;

use crate::acme::{Acme, origin, refused};

fn session_of(caller: &Caller) -> SessionId {
    caller.session().unwrap()
}

async fn listed(acme: &Acme, by: &Caller) -> Vec<SessionId> {
    let page = PageRequest::first();
    let found = acme.app.sessions.list(by, &page).await.unwrap();
    found.items.iter().map(|session| session.id).collect()
}

/// Acme with three sessions of `boss`, the oldest first.
async fn three() -> (Acme, [Caller; 3]) {
    let acme = Acme::new().await;
    let mut callers = Vec::new();
    for _ in 0..3 {
        acme.clock.advance(Duration::from_secs(1));
        callers.push(acme.caller("boss").await);
    }
    (acme, callers.try_into().unwrap())
}

#[tokio::test]
async fn a_user_sees_its_own_live_sessions_the_latest_first() {
    let (acme, [one, two, three]) = three().await;
    acme.caller("root").await;
    let all = [&three, &two, &one].map(session_of);
    assert_eq!(listed(&acme, &two).await, all);
    acme.app.sessions.logout(&two).await.unwrap();
    assert_eq!(listed(&acme, &one).await, [all[0], all[2]]);
    acme.clock.advance(Duration::from_hours(24));
    assert_eq!(listed(&acme, &one).await, []);
}

#[tokio::test]
async fn a_logout_ends_that_session_once() {
    let (acme, [one, ..]) = three().await;
    let sessions = &acme.app.sessions;
    sessions.logout(&one).await.unwrap();
    assert_eq!(acme.endings(acme.boss).await, ["logout", "NULL", "NULL"]);
    let before = acme.trace().await;
    refused(&sessions.logout(&one).await, "session_revoked");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_logout_is_audited_and_told() {
    let (acme, [one, ..]) = three().await;
    acme.app.sessions.logout(&one).await.unwrap();
    let (session, user) = (session_of(&one), acme.boss);
    let [audit, event] = acme.last_words().await;
    let after = format!(r#"{{"revoke_reason":"logout","user_id":{user}}}"#);
    let expected = format!("session.revoked|sessions|{session}|{user}|own|NULL|{after}");
    assert_eq!(audit, expected);
    let expected = format!("security.events|auth.logout|session|{session}|{user}");
    assert_eq!(event, expected);
    let expected = json!({"user_id": user, "organization_id": acme.id, "session_id": session,
        "ip": "192.0.2.1"});
    assert_eq!(acme.payload("auth.logout").await, expected);
}

#[tokio::test]
async fn a_user_ends_any_session_of_its_own() {
    let (acme, [one, two, _]) = three().await;
    let sessions = &acme.app.sessions;
    sessions.revoke(&one, session_of(&two)).await.unwrap();
    let [_, event] = acme.last_words().await;
    let (session, user) = (session_of(&two), acme.boss);
    let expected = format!("security.events|auth.session_revoked|session|{session}|{user}");
    assert_eq!(event, expected);
    sessions.revoke(&one, session_of(&one)).await.unwrap();
    assert_eq!(acme.endings(user).await, ["revoked", "revoked", "NULL"]);
}

#[tokio::test]
async fn a_session_of_another_user_and_one_that_ended_are_as_if_absent() {
    let (acme, [one, two, _]) = three().await;
    let root = acme.caller("root").await;
    let sessions = &acme.app.sessions;
    sessions.logout(&two).await.unwrap();
    let before = acme.trace().await;
    let absent = SessionId::new(4_711).unwrap();
    for session in [session_of(&root), session_of(&two), absent] {
        let outcome = sessions.revoke(&one, session).await;
        refused(&outcome, "no_such_session");
    }
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn all_other_sessions_end_with_one_row_and_one_event() {
    let (acme, [_, two, _]) = three().await;
    acme.caller("root").await;
    let sessions = &acme.app.sessions;
    assert_eq!(sessions.revoke_others(&two).await.unwrap(), 2);
    let user = acme.boss;
    assert_eq!(acme.endings(user).await, ["revoked", "NULL", "revoked"]);
    let [audit, event] = acme.last_words().await;
    let after = r#"{"count":2,"revoke_reason":"revoked"}"#;
    let expected = format!("sessions.revoked|users|{user}|{user}|own|NULL|{after}");
    assert_eq!(audit, expected);
    let expected = format!("security.events|auth.sessions_revoked|user|{user}|{user}");
    assert_eq!(event, expected);
    let expected = json!({"user_id": user, "organization_id": acme.id, "count": 2,
        "ip": "192.0.2.1"});
    assert_eq!(acme.payload("auth.sessions_revoked").await, expected);
    let before = acme.trace().await;
    assert_eq!(sessions.revoke_others(&two).await.unwrap(), 0);
    assert_eq!(acme.trace().await, before, "there was no other");
}

#[tokio::test]
async fn a_session_that_ended_is_not_let_in_by_the_cache() {
    let acme = Acme::with(|ports, _| {
        let cache = MemorySessionCache::new(Arc::new(ManualClock::default()));
        ports.sessions = Some(CachedSessions {
            cache: Arc::new(cache),
            life: Duration::from_mins(1),
        });
    })
    .await;
    let (gate, sessions) = (&acme.app.gate, &acme.app.sessions);
    let mut callers = Vec::new();
    for _ in 0..2 {
        let tokens = acme.login("boss").await.unwrap().tokens;
        let token = tokens.access_token.expose().to_owned();
        let caller = gate.authenticate(&token, origin()).await.unwrap();
        callers.push((token, caller));
    }
    let [(mine, me), (other, _)] = &callers[..] else {
        unreachable!("two");
    };
    sessions.revoke_others(me).await.unwrap();
    refused(&gate.authenticate(other, origin()).await, "session_revoked");
    gate.authenticate(mine, origin()).await.unwrap();
    sessions.logout(me).await.unwrap();
    refused(&gate.authenticate(mine, origin()).await, "session_revoked");
}
