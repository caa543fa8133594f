//! Refreshing a session: rotation, a second chance, and reuse.

use std::time::Duration;

use auth_application::error::{Infrastructure, UseCaseError as _};
use auth_application::identity::{AuthError, SignedIn, TokenPair};
use auth_domain::clock::Clock as _;
use auth_domain::identity::RefreshToken;
use auth_domain::ids::SessionId;
use auth_domain::organizations::LicenseStatus;
use futures::future::join_all;
use serde_json::json;

use crate::acme::{Acme, origin, refused};

const DAY: Duration = Duration::from_hours(24);

async fn refresh(acme: &Acme, tokens: &TokenPair) -> Result<SignedIn, AuthError> {
    present(acme, tokens.session_id, &tokens.refresh_token).await
}

async fn present(
    acme: &Acme,
    session: SessionId,
    token: &RefreshToken,
) -> Result<SignedIn, AuthError> {
    acme.app.sessions.refresh(&origin(), session, token).await
}

/// A user of Acme who just signed in.
async fn signed_in() -> (Acme, TokenPair) {
    let acme = Acme::new().await;
    let tokens = acme.login("boss").await.unwrap().tokens;
    (acme, tokens)
}

#[tokio::test]
async fn a_refresh_answers_a_new_pair_of_the_same_session() {
    let (acme, first) = signed_in().await;
    acme.clock.advance(Duration::from_mins(10));
    let second = refresh(&acme, &first).await.unwrap();
    let tokens = &second.tokens;
    assert_eq!(tokens.session_id, first.session_id);
    assert_ne!(tokens.refresh_token.expose(), first.refresh_token.expose());
    assert_eq!(tokens.refresh_expires_at, acme.clock.now() + DAY * 14);
    assert_eq!(second.profile.account.user_id, acme.boss);
    let access = tokens.access_token.expose();
    let caller = acme.app.gate.authenticate(access, origin()).await.unwrap();
    assert_eq!(caller.session(), Some(first.session_id));
    refresh(&acme, tokens).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_ten_seconds() {
    let (acme, first) = signed_in().await;
    let second = refresh(&acme, &first).await.unwrap().tokens;
    acme.clock.advance(Duration::from_secs(10));
    let again = refresh(&acme, &first).await.unwrap().tokens;
    assert_eq!(again.refresh_token.expose(), second.refresh_token.expose());
    assert_eq!(again.refresh_expires_at, second.refresh_expires_at);
    assert_eq!(acme.endings(acme.boss).await, ["NULL"]);
}

#[tokio::test]
async fn an_old_token_after_ten_seconds_ends_the_session() {
    let (acme, first) = signed_in().await;
    let second = refresh(&acme, &first).await.unwrap().tokens;
    acme.clock.advance(Duration::from_millis(10_001));
    refused(&refresh(&acme, &first).await, "session_revoked");
    assert_eq!(acme.endings(acme.boss).await, ["refresh_reuse"]);
    refused(&refresh(&acme, &second).await, "session_revoked");
}

#[tokio::test]
async fn an_old_token_whose_successor_was_used_ends_the_session() {
    let (acme, first) = signed_in().await;
    let second = refresh(&acme, &first).await.unwrap().tokens;
    refresh(&acme, &second).await.unwrap();
    refused(&refresh(&acme, &first).await, "session_revoked");
    assert_eq!(acme.endings(acme.boss).await, ["refresh_reuse"]);
}

#[tokio::test]
async fn a_reuse_is_audited_and_told() {
    let (acme, first) = signed_in().await;
    refresh(&acme, &first).await.unwrap();
    acme.clock.advance(Duration::from_secs(11));
    refused(&refresh(&acme, &first).await, "session_revoked");
    let [audit, event] = acme.last_words().await;
    let (session, user) = (first.session_id, acme.boss);
    let after = format!(r#"{{"revoke_reason":"refresh_reuse","user_id":{user}}}"#);
    let expected = format!("session.revoked|sessions|{session}|NULL|own|NULL|{after}");
    assert_eq!(audit, expected);
    let expected = format!("security.events|auth.refresh_reuse|session|{session}|NULL");
    assert_eq!(event, expected);
    let expected = json!({"user_id": user, "organization_id": acme.id, "session_id": session,
        "ip": "192.0.2.1"});
    assert_eq!(acme.payload("auth.refresh_reuse").await, expected);
}

#[tokio::test]
async fn a_token_that_never_was_the_sessions_changes_nothing() {
    let (acme, first) = signed_in().await;
    let other = acme.login("root").await.unwrap().tokens;
    for token in [&RefreshToken::new("guess".to_owned()), &other.refresh_token] {
        let outcome = present(&acme, first.session_id, token).await;
        refused(&outcome, "invalid_refresh_token");
    }
    refresh(&acme, &first).await.unwrap();
}

#[tokio::test]
async fn a_session_that_ran_out_cannot_be_refreshed() {
    let (acme, first) = signed_in().await;
    acme.clock.advance(DAY * 13);
    let second = refresh(&acme, &first).await.unwrap().tokens;
    acme.clock.advance(DAY * 14);
    refused(&refresh(&acme, &second).await, "refresh_expired");
}

#[tokio::test]
async fn no_refresh_reaches_past_the_absolute_end() {
    let (acme, mut tokens) = signed_in().await;
    let ends = acme.clock.now() + DAY * 90;
    for _ in 0..8 {
        acme.clock.advance(DAY * 10);
        tokens = refresh(&acme, &tokens).await.unwrap().tokens;
    }
    assert_eq!(tokens.refresh_expires_at, ends);
    acme.clock.advance(DAY * 10);
    refused(&refresh(&acme, &tokens).await, "refresh_expired");
}

#[tokio::test]
async fn a_session_whose_absolute_end_was_moved_is_over() {
    let (acme, first) = signed_in().await;
    acme.execute("UPDATE sessions SET absolute_expires_at = issued_at")
        .await;
    refused(&refresh(&acme, &first).await, "refresh_expired");
}

#[tokio::test]
async fn a_session_that_ended_or_never_was_cannot_be_refreshed() {
    let (acme, first) = signed_in().await;
    let absent = SessionId::new(4_711).unwrap();
    let outcome = present(&acme, absent, &first.refresh_token).await;
    refused(&outcome, "invalid_refresh_token");
    acme.execute("UPDATE sessions SET revoked_at = issued_at, revoke_reason = 'logout'")
        .await;
    refused(&refresh(&acme, &first).await, "session_revoked");
}

#[tokio::test]
async fn a_wrong_token_learns_nothing_of_its_session_and_counts() {
    let acme = Acme::with(|_, options| options.quotas.wrong_refresh_token = 3).await;
    let first = acme.login("boss").await.unwrap().tokens;
    let wrong = RefreshToken::new("A".repeat(64));
    let guess = async || present(&acme, first.session_id, &wrong).await;
    refused(&guess().await, "invalid_refresh_token");
    acme.execute("UPDATE sessions SET expires_at = issued_at")
        .await;
    refused(&guess().await, "invalid_refresh_token");
    acme.execute("UPDATE sessions SET revoked_at = issued_at, revoke_reason = 'logout'")
        .await;
    refused(&guess().await, "invalid_refresh_token");
    refused(&guess().await, "rate_limited");
    // A token of the session is no guess.
    refused(&refresh(&acme, &first).await, "session_revoked");
}

#[tokio::test]
async fn neither_token_is_good_for_a_user_who_may_not_act() {
    let (acme, first) = signed_in().await;
    let second = refresh(&acme, &first).await.unwrap().tokens;
    acme.execute("UPDATE users SET status = 'inactive'").await;
    for tokens in [&first, &second] {
        refused(&refresh(&acme, tokens).await, "account_inactive");
    }
    acme.execute("UPDATE users SET status = 'active'").await;
    acme.reorganize(acme.id, |organization| {
        organization.license_status = LicenseStatus::Suspended;
    })
    .await;
    for tokens in [&first, &second] {
        refused(&refresh(&acme, tokens).await, "organization_suspended");
    }
}

#[tokio::test]
async fn refreshes_of_a_session_are_limited_to_so_many_in_a_minute() {
    let acme = Acme::with(|_, options| options.quotas.rotation = 2).await;
    let mut tokens = acme.login("boss").await.unwrap().tokens;
    for _ in 0..2 {
        acme.clock.advance(Duration::from_secs(20));
        tokens = refresh(&acme, &tokens).await.unwrap().tokens;
    }
    acme.clock.advance(Duration::from_secs(15));
    let error = refresh(&acme, &tokens).await.unwrap_err();
    let Some(Infrastructure::Limited(refusal)) = error.infrastructure() else {
        unreachable!("{error}");
    };
    // The first of the two was 35 seconds ago.
    assert_eq!(refusal.retry_after, Duration::from_secs(25));
    acme.clock.advance(Duration::from_secs(24));
    refused(&refresh(&acme, &tokens).await, "rate_limited");
    acme.clock.advance(Duration::from_secs(1));
    refresh(&acme, &tokens).await.unwrap();
}

#[tokio::test]
async fn a_wrong_token_uses_no_quota_up() {
    let acme = Acme::with(|_, options| options.quotas.rotation = 1).await;
    let tokens = acme.login("boss").await.unwrap().tokens;
    let guess = RefreshToken::new("guess".to_owned());
    for _ in 0..3 {
        let outcome = present(&acme, tokens.session_id, &guess).await;
        refused(&outcome, "invalid_refresh_token");
    }
    refresh(&acme, &tokens).await.unwrap();
}

#[tokio::test]
async fn many_refreshes_of_one_token_at_once_have_one_successor() {
    let (acme, first) = signed_in().await;
    let answers = join_all((0..20).map(|_| refresh(&acme, &first))).await;
    let mut successors: Vec<String> = answers
        .into_iter()
        .map(|answer| answer.unwrap().tokens.refresh_token.expose().to_owned())
        .collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
}
