//! A new password for a user who knows the old one.

use std::time::Duration;

use auth_application::error::{ErrorKind, UseCaseError as _};
use auth_application::identity::{AuthError, SignedIn};
use auth_domain::caller::Caller;
use auth_domain::clock::Clock as _;
use auth_domain::identity::{LockedCaller, Password};
use serde_json::json;

use crate::acme::{Acme, PASSWORD, origin, refused};
use crate::fakes::{FakeStore, MockTx};
use crate::login_mocks::{RIGHT, active, hasher, reads, service};
use crate::parts::COMMON;

const NEW: &str = "a brand new passphrase";
const DAY: Duration = Duration::from_hours(24);

async fn change(acme: &Acme, by: &Caller, old: &str, new: &str) -> Result<SignedIn, AuthError> {
    let (old, new) = (Password::attempt(old), Password::parse(new).unwrap());
    acme.app.sign_in.change_password(by, &old, &new).await
}

/// A caller with the session of a sign-in.
async fn signed_in(acme: &Acme) -> (Caller, SignedIn) {
    let signed_in = acme.login("boss").await.unwrap();
    let token = signed_in.tokens.access_token.expose();
    let caller = acme.app.gate.authenticate(token, origin()).await;
    (caller.unwrap(), signed_in)
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one() {
    let acme = Acme::new().await;
    let (boss, _) = signed_in(&acme).await;
    change(&acme, &boss, PASSWORD, NEW).await.unwrap();
    acme.login_with("boss", NEW).await.unwrap();
    let outcome = acme.login_with("boss", PASSWORD).await;
    refused(&outcome, "invalid_credentials");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_tokens() {
    let acme = Acme::new().await;
    acme.signs_in(acme.boss).await;
    let (boss, _) = signed_in(&acme).await;
    change(&acme, &boss, PASSWORD, NEW).await.unwrap();
    let endings = acme.endings(acme.boss).await;
    assert_eq!(endings, ["password_change", "NULL"]);
    let tokens = "SELECT purpose FROM one_time_tokens";
    assert_eq!(acme.look(tokens).await, [""; 0]);
    assert_eq!(acme.payload("auth.sessions_revoked").await["count"], 1);
}

#[tokio::test]
async fn a_new_password_gives_the_session_a_new_pair() {
    let acme = Acme::new().await;
    let (boss, first) = signed_in(&acme).await;
    acme.clock.advance(DAY);
    let second = change(&acme, &boss, PASSWORD, NEW).await.unwrap();
    let (old, new) = (&first.tokens, &second.tokens);
    assert_eq!(new.session_id, old.session_id);
    assert_eq!(new.refresh_expires_at, acme.clock.now() + DAY * 14);
    let found = acme.admission(new.session_id).await.session;
    assert_eq!(found.expires_at, new.refresh_expires_at);
    assert_eq!(second.profile.account.user_id, acme.boss);
    let access = new.access_token.expose();
    acme.app.gate.authenticate(access, origin()).await.unwrap();
    let sessions = &acme.app.sessions;
    let session = new.session_id;
    let refreshed = sessions
        .refresh(&origin(), session, &new.refresh_token)
        .await;
    refreshed.unwrap();
    // The token before it gets no second chance.
    let reused = sessions
        .refresh(&origin(), session, &old.refresh_token)
        .await;
    refused(&reused, "session_revoked");
}

#[tokio::test]
async fn no_new_pair_outlives_the_absolute_end_of_the_session() {
    let acme = Acme::new().await;
    let (_, first) = signed_in(&acme).await;
    let ends = format!(
        "UPDATE sessions SET absolute_expires_at = expires_at WHERE session_id = {}",
        first.tokens.session_id
    );
    acme.execute(&ends).await;
    acme.clock.advance(DAY);
    let boss = Caller {
        credential: auth_domain::caller::Credential::Session(first.tokens.session_id),
        ..acme.caller("boss").await
    };
    let second = change(&acme, &boss, PASSWORD, NEW).await.unwrap();
    let (old, new) = (&first.tokens, &second.tokens);
    assert_eq!(new.refresh_expires_at, old.refresh_expires_at);
}

#[tokio::test]
async fn a_new_password_is_audited_and_told() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    change(&acme, &boss, PASSWORD, NEW).await.unwrap();
    let user = acme.boss;
    let [audit, event] = acme.last_words().await;
    assert_eq!(
        audit,
        format!("password.changed|users|{user}|{user}|own|NULL|NULL")
    );
    let expected = format!("security.events|password.changed|user|{user}|{user}");
    assert_eq!(event, expected);
    let expected = json!({"user_id": user, "organization_id": acme.id});
    assert_eq!(acme.payload("password.changed").await, expected);
}

#[tokio::test]
async fn a_wrong_old_password_changes_nothing_and_is_in_the_activity() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let before = acme.trace().await;
    let outcome = change(&acme, &boss, "wrong", NEW).await;
    refused(&outcome, "wrong_password");
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::BadRequest);
    assert_eq!(acme.trace().await, before);
    let failures = "SELECT user_id FROM login_activity WHERE NOT login_success";
    assert_eq!(acme.look(failures).await, [acme.boss.to_string()]);
    acme.login_with("boss", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn wrong_old_passwords_are_limited_like_failed_sign_ins() {
    let acme = Acme::with(|_, options| options.quotas.login_pair = 1).await;
    let boss = acme.caller("boss").await;
    let outcome = change(&acme, &boss, "wrong", NEW).await;
    refused(&outcome, "wrong_password");
    let outcome = change(&acme, &boss, PASSWORD, NEW).await;
    refused(&outcome, "rate_limited");
    refused(&acme.login("boss").await, "rate_limited");
}

#[tokio::test]
async fn a_common_password_and_an_own_name_are_refused() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let before = acme.trace().await;
    for weak in [COMMON, "BOSS@example.com"] {
        let outcome = change(&acme, &boss, PASSWORD, weak).await;
        refused(&outcome, "password_too_common");
    }
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_changes_nothing() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    acme.app.sessions.logout(&boss).await.unwrap();
    let outcome = change(&acme, &boss, PASSWORD, NEW).await;
    refused(&outcome, "session_revoked");
    acme.login_with("boss", PASSWORD).await.unwrap();
}

/// Another request set a password between the comparison and the write.
#[tokio::test]
async fn a_password_that_was_changed_in_between_is_the_wrong_one() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let admission = acme.admission(boss.session().unwrap()).await;
    let locked = LockedCaller {
        admission,
        role_ids: vec![],
        permissions: vec![],
    };
    let mut tx = MockTx::default();
    tx.sessions
        .expect_lock_caller()
        .times(1)
        .return_once(move |_| Ok(Some(locked)));
    tx.users
        .expect_upgrade_password_hash()
        .times(1)
        .return_once(|_, _, _| Ok(false));
    let found = active("hash");
    let mut hasher = hasher(found.password_hash.clone(), RIGHT);
    hasher
        .expect_hash()
        .return_once(|_| Ok(crate::parts::hashed(NEW)));
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    let (old, new) = (Password::attempt(PASSWORD), Password::parse(NEW).unwrap());
    let outcome = service(store, hasher)
        .change_password(&boss, &old, &new)
        .await;
    refused(&outcome, "wrong_password");
}
