//! Tokens as other services ask about them.

use std::sync::Arc;
use std::time::Duration;

use auth_application::access::Operator;
use auth_application::identity::{ActiveToken, Pairs, TokenKind, TokenPair, Tokens};
use auth_domain::clock::Clock as _;
use auth_domain::identity::{IssuerName, MockTokenIssuer, PublishedKey, VerifiedToken};
use auth_domain::ids::SessionId;
use auth_domain::rbac::{MockPolicyEngine, MockPolicyFeed};
use auth_testkit::clock::ManualClock;

use crate::acme::{Acme, origin};
use crate::fakes::{FakeStore, writer};
use crate::parts::options;

fn operator() -> Operator {
    Operator::service(&origin())
}

async fn introspect(acme: &Acme, token: &str) -> Option<ActiveToken> {
    let tokens = &acme.app.tokens;
    tokens.introspect(&operator(), token).await.unwrap()
}

async fn revoke(acme: &Acme, token: &str) {
    acme.app.tokens.revoke(&operator(), token).await.unwrap();
}

async fn signed_in() -> (Acme, TokenPair) {
    let acme = Acme::new().await;
    let tokens = acme.login("boss").await.unwrap().tokens;
    (acme, tokens)
}

fn both(tokens: &TokenPair) -> [&str; 2] {
    [tokens.access_token.expose(), tokens.refresh_token.expose()]
}

/// The service over an issuer.
fn tokens(acme: &Acme, issuer: MockTokenIssuer) -> Tokens {
    let issuer = Arc::new(issuer);
    let policies = Arc::new(MockPolicyEngine::new());
    Tokens::new(
        Arc::clone(&acme.store) as _,
        Arc::clone(&issuer) as _,
        Pairs::new(issuer, policies, options().sessions),
        writer(&Arc::new(FakeStore::default()), MockPolicyFeed::new(), None),
        Arc::clone(&acme.clock) as _,
    )
}

#[tokio::test]
async fn an_access_token_is_shown_with_its_user_and_its_times() {
    let (acme, tokens) = signed_in().await;
    let began = acme.clock.now();
    let found = introspect(&acme, tokens.access_token.expose())
        .await
        .unwrap();
    assert_eq!(found.kind, TokenKind::Access { issued_at: began });
    assert_eq!(found.account.user_id, acme.boss);
    assert_eq!(found.session_id, tokens.session_id);
    assert_eq!(found.expires_at, began + Duration::from_mins(15));
}

#[tokio::test]
async fn a_refresh_token_is_shown_with_the_end_of_its_session() {
    let (acme, tokens) = signed_in().await;
    let found = introspect(&acme, tokens.refresh_token.expose())
        .await
        .unwrap();
    assert_eq!(found.kind, TokenKind::Refresh);
    assert_eq!(found.account.user_id, acme.boss);
    assert_eq!(found.session_id, tokens.session_id);
    assert_eq!(found.expires_at, tokens.refresh_expires_at);
}

#[tokio::test]
async fn a_text_that_is_no_token_is_good_for_nothing() {
    let (acme, _tokens) = signed_in().await;
    assert_eq!(introspect(&acme, "no token").await, None);
}

#[tokio::test]
async fn the_gate_judges_both_kinds_of_token() {
    let (acme, tokens) = signed_in().await;
    acme.execute("UPDATE users SET status = 'inactive'").await;
    for token in both(&tokens) {
        assert_eq!(introspect(&acme, token).await, None);
    }
    acme.execute("UPDATE users SET status = 'active'").await;
    acme.execute("UPDATE sessions SET revoked_at = issued_at, revoke_reason = 'logout'")
        .await;
    for token in both(&tokens) {
        assert_eq!(introspect(&acme, token).await, None);
    }
}

#[tokio::test]
async fn a_token_of_either_kind_is_revoked_with_its_session() {
    for kind in 0..2 {
        let (acme, tokens) = signed_in().await;
        revoke(&acme, both(&tokens)[kind]).await;
        assert_eq!(acme.endings(acme.boss).await, ["revoked"]);
        let [audit, event] = acme.last_words().await;
        let (session, user) = (tokens.session_id, acme.boss);
        let after = format!(r#"{{"revoke_reason":"revoked","user_id":{user}}}"#);
        let expected = format!("session.revoked|sessions|{session}|NULL|own|NULL|{after}");
        assert_eq!(audit, expected);
        let expected = format!("security.events|auth.session_revoked|session|{session}|NULL");
        assert_eq!(event, expected);
        let before = acme.trace().await;
        revoke(&acme, both(&tokens)[kind]).await;
        assert_eq!(acme.trace().await, before, "twice is once");
    }
}

#[tokio::test]
async fn a_token_that_is_good_for_nothing_is_revoked_without_error() {
    let (acme, _tokens) = signed_in().await;
    let before = acme.trace().await;
    revoke(&acme, "no token").await;
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_token_that_names_another_users_session_ends_none() {
    let (acme, pair) = signed_in().await;
    let root = acme.caller("root").await;
    let now = ManualClock::default().now();
    let verified = VerifiedToken {
        user_id: root.user_id(),
        session_id: pair.session_id,
        issued_at: now,
        expires_at: now + Duration::from_mins(15),
    };
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_verify()
        .returning(move |_, _| Ok(verified.clone()));
    // The writer of this service has no transaction to begin.
    let tokens = tokens(&acme, issuer);
    tokens.revoke(&operator(), "token").await.unwrap();
    let found = tokens.introspect(&operator(), "token").await.unwrap();
    assert_eq!(found, None);
    assert_eq!(acme.endings(acme.boss).await, ["NULL"]);
}

#[tokio::test]
async fn a_token_of_a_session_that_is_gone_is_revoked_without_error() {
    let (acme, _pair) = signed_in().await;
    let now = ManualClock::default().now();
    let verified = VerifiedToken {
        user_id: acme.boss,
        session_id: SessionId::new(4_711).unwrap(),
        issued_at: now,
        expires_at: now + Duration::from_mins(15),
    };
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_verify()
        .returning(move |_, _| Ok(verified.clone()));
    let tokens = tokens(&acme, issuer);
    tokens.revoke(&operator(), "token").await.unwrap();
}

#[tokio::test]
async fn the_issuers_name_and_keys_are_shown_as_they_are() {
    let acme = Acme::new().await;
    let name = IssuerName {
        issuer: "https://auth.example.com".to_owned(),
        audience: Some("services".to_owned()),
    };
    let keys = vec![PublishedKey {
        id: "kid".to_owned(),
        x: "x".to_owned(),
    }];
    let mut issuer = MockTokenIssuer::new();
    issuer.expect_name().return_const(name.clone());
    issuer.expect_published_keys().return_const(keys.clone());
    let tokens = tokens(&acme, issuer);
    assert_eq!(tokens.issuer_name(), name);
    assert_eq!(tokens.published_keys(), keys);
}

#[tokio::test]
async fn the_profile_of_a_caller_is_of_now() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let profile = acme.app.tokens.profile(boss.account.clone()).await;
    let profile = profile.unwrap();
    assert_eq!(profile.account, boss.account);
    assert_eq!(profile.role_ids, [acme.admin_role]);
    assert_eq!(profile.permissions.len(), 41);
}
