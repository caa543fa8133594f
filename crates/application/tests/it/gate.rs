//! The gate of every request that carries a token.

use std::sync::Arc;
use std::time::Duration;

use auth_application::identity::{CachedSessions, Gate};
use auth_domain::clock::Clock as _;
use auth_domain::error::PortError;
use auth_domain::identity::{
    Admission, MockSessionCache, MockTokenIssuer, SessionFacts, TokenRejected, VerifiedToken,
};
use auth_domain::ids::{SessionId, UserId};
use auth_domain::organizations::LicenseStatus;
use auth_testkit::builders;
use auth_testkit::clock::ManualClock;

use crate::acme::{Acme, origin, refused};
use crate::fakes::{FakeStore, MockReads};

const LIFE: Duration = Duration::from_secs(2);

fn session() -> SessionId {
    SessionId::new(11).unwrap()
}

/// A live session of user 1.
fn admission() -> Admission {
    let now = ManualClock::default().now();
    Admission {
        session: SessionFacts {
            id: session(),
            issued_at: now,
            expires_at: now + Duration::from_hours(1),
            absolute_expires_at: now + Duration::from_hours(2),
            revoked_at: None,
        },
        account: builders::account(),
    }
}

/// An issuer whose every token is of that user and session 11.
fn issuer(user: i64) -> MockTokenIssuer {
    let now = ManualClock::default().now();
    let verified = VerifiedToken {
        user_id: UserId::new(user).unwrap(),
        session_id: session(),
        issued_at: now,
        expires_at: now + Duration::from_mins(15),
    };
    let mut issuer = MockTokenIssuer::new();
    issuer
        .expect_verify()
        .withf(move |token, at| token == "token" && *at == now)
        .returning(move |_, _| Ok(verified.clone()));
    issuer
}

/// A store that is asked for the session so many times.
fn read(times: usize) -> FakeStore {
    let mut reads = MockReads::default();
    reads
        .sessions
        .expect_find_admission()
        .times(times)
        .withf(|id| *id == session())
        .returning(|_| Ok(Some(admission())));
    FakeStore::with(reads, vec![])
}

fn gate(store: FakeStore, issuer: MockTokenIssuer, cache: Option<MockSessionCache>) -> Gate {
    let cached = cache.map(|cache| CachedSessions {
        cache: Arc::new(cache),
        life: LIFE,
    });
    let clock = Arc::new(ManualClock::default());
    Gate::new(Arc::new(store), Arc::new(issuer), cached, clock)
}

fn away() -> PortError {
    PortError::Unavailable("no cache".into())
}

#[tokio::test]
async fn a_token_of_a_live_session_lets_its_user_in() {
    let caller = gate(read(1), issuer(1), None)
        .authenticate("token", origin())
        .await
        .unwrap();
    assert_eq!(caller.account, builders::account());
    assert_eq!(caller.session(), Some(session()));
    assert_eq!(caller.origin, origin());
}

#[tokio::test]
async fn a_token_of_another_users_session_is_of_no_session() {
    let gate = gate(read(1), issuer(2), None);
    let outcome = gate.authenticate("token", origin()).await;
    refused(&outcome, "session_not_found");
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_told_by_what_it_lacks() {
    for (rejected, code) in [
        (TokenRejected::Invalid, "invalid_token"),
        (TokenRejected::Payload, "invalid_token_payload"),
    ] {
        let mut issuer = MockTokenIssuer::new();
        issuer.expect_verify().returning(move |_, _| Err(rejected));
        let gate = gate(FakeStore::default(), issuer, None);
        refused(&gate.authenticate("token", origin()).await, code);
    }
}

#[tokio::test]
async fn what_the_cache_holds_is_not_read() {
    let mut cache = MockSessionCache::new();
    cache
        .expect_get()
        .times(1)
        .withf(|id| *id == session())
        .returning(|_| Ok(Some(admission())));
    let gate = gate(read(0), issuer(1), Some(cache));
    gate.authenticate("token", origin()).await.unwrap();
}

#[tokio::test]
async fn what_the_cache_does_not_hold_is_read_and_kept_for_its_life() {
    let mut cache = MockSessionCache::new();
    cache.expect_get().times(1).returning(|_| Ok(None));
    cache
        .expect_put()
        .times(1)
        .withf(|kept, life| *kept == admission() && *life == LIFE)
        .returning(|_, _| Ok(()));
    let gate = gate(read(1), issuer(1), Some(cache));
    gate.authenticate("token", origin()).await.unwrap();
}

#[tokio::test]
async fn a_cache_that_is_away_is_none() {
    let mut cache = MockSessionCache::new();
    cache.expect_get().times(1).returning(|_| Err(away()));
    cache.expect_put().times(1).returning(|_, _| Err(away()));
    let gate = gate(read(1), issuer(1), Some(cache));
    gate.authenticate("token", origin()).await.unwrap();
}

#[tokio::test]
async fn a_session_that_is_not_there_is_not_kept() {
    let mut reads = MockReads::default();
    reads
        .sessions
        .expect_find_admission()
        .returning(|_| Ok(None));
    let mut cache = MockSessionCache::new();
    cache.expect_get().returning(|_| Ok(None));
    let store = FakeStore::with(reads, vec![]);
    let gate = gate(store, issuer(1), Some(cache));
    let outcome = gate.authenticate("token", origin()).await;
    refused(&outcome, "session_not_found");
}

#[tokio::test]
async fn a_user_who_may_not_act_is_refused_on_the_next_request() {
    let acme = Acme::new().await;
    let tokens = acme.login("boss").await.unwrap().tokens;
    let (gate, token) = (&acme.app.gate, tokens.access_token.expose());
    gate.authenticate(token, origin()).await.unwrap();
    acme.switch_off(acme.id, acme.boss).await;
    let outcome = gate.authenticate(token, origin()).await;
    refused(&outcome, "account_inactive");
    acme.execute("UPDATE users SET status = 'active'").await;
    acme.reorganize(acme.id, |organization| {
        organization.license_status = LicenseStatus::Suspended;
    })
    .await;
    let outcome = gate.authenticate(token, origin()).await;
    refused(&outcome, "organization_suspended");
    acme.execute("UPDATE sessions SET revoked_at = issued_at, revoke_reason = 'logout'")
        .await;
    let outcome = gate.authenticate(token, origin()).await;
    refused(&outcome, "session_revoked");
}
