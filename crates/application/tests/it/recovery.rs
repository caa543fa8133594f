//! A password or an address proved by mail.

use std::sync::Arc;
use std::time::Duration;

use auth_application::identity::RecoveryError;
use auth_domain::error::PortError;
use auth_domain::identity::{MockOneTimeTokenIndex, OneTimeToken, Password, TokenPurpose};
use auth_domain::users::EmailAddress;
use serde_json::json;

use crate::acme::{Acme, PASSWORD, origin, refused};
use crate::parts::COMMON;

const NEW: &str = "a brand new passphrase";

async fn forgot(acme: &Acme, address: &str) -> Result<(), RecoveryError> {
    let address = EmailAddress::parse(address).unwrap();
    acme.app.recovery.forgot(&origin(), &address).await
}

async fn reset(acme: &Acme, token: &str, password: &str) -> Result<(), RecoveryError> {
    let token = OneTimeToken::new(token.to_owned());
    let new = Password::parse(password).unwrap();
    acme.app.recovery.reset(&origin(), &token, &new).await
}

async fn verify(acme: &Acme, token: &str) -> Result<(), RecoveryError> {
    let token = OneTimeToken::new(token.to_owned());
    acme.app.recovery.verify_email(&origin(), &token).await
}

/// The token of the one mail that is due now.
async fn mailed(acme: &Acme) -> String {
    acme.work().await;
    let mut mails = acme.postbox.take();
    mails.retain(|mail| mail.subject != "Your password was changed");
    let [mail] = &mails[..] else {
        unreachable!("one mail, not {}", mails.len());
    };
    // Greeting, reason, token, call, closing.
    mail.text.split("\n\n").nth(2).unwrap().to_owned()
}

/// A reset token of `boss`.
async fn reset_token(acme: &Acme) -> String {
    forgot(acme, "boss@example.com").await.unwrap();
    mailed(acme).await
}

/// A token that verifies the address of `boss`.
async fn verification_token(acme: &Acme) -> String {
    let boss = acme.caller("boss").await;
    let asked = acme.app.recovery.request_verification(&boss).await;
    asked.unwrap();
    mailed(acme).await
}

async fn jobs(acme: &Acme) -> Vec<String> {
    acme.look("SELECT dedup_key, request_id FROM queued_jobs")
        .await
}

#[tokio::test]
async fn a_forgotten_password_writes_the_same_row_for_any_address() {
    let acme = Acme::new().await;
    for address in ["BOSS@example.com", "unknown@example.com"] {
        let before = acme.trace().await;
        forgot(&acme, address).await.unwrap();
        let subject = address.to_lowercase();
        assert_eq!(
            jobs(&acme).await,
            [format!("password_reset:{subject}|request")]
        );
        acme.execute("DELETE FROM queued_jobs").await;
        assert_eq!(acme.trace().await, before);
    }
}

#[tokio::test]
async fn forgotten_passwords_of_one_address_are_limited() {
    let acme = Acme::with(|_, options| options.quotas.forgotten_password = 2).await;
    for address in ["boss@example.com", "other@example.com"] {
        forgot(&acme, address).await.unwrap();
    }
    let outcome = forgot(&acme, "unknown@example.com").await;
    refused(&outcome, "rate_limited");
    assert_eq!(jobs(&acme).await.len(), 2);
    acme.clock.advance(Duration::from_hours(1));
    forgot(&acme, "boss@example.com").await.unwrap();
}

#[tokio::test]
async fn a_verification_is_asked_for_while_the_address_is_not_verified() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let recovery = &acme.app.recovery;
    recovery.request_verification(&boss).await.unwrap();
    assert_eq!(
        jobs(&acme).await,
        ["email_verification:boss@example.com|request"]
    );
    let token = mailed(&acme).await;
    verify(&acme, &token).await.unwrap();
    let boss = acme.caller("boss").await;
    recovery.request_verification(&boss).await.unwrap();
    assert_eq!(jobs(&acme).await, [""; 0]);
}

#[tokio::test]
async fn a_caller_who_may_not_act_any_more_asks_for_no_mail() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    acme.switch_off(acme.id, acme.boss).await;
    let asked = acme.app.recovery.request_verification(&boss).await;
    refused(&asked, "account_inactive");
    assert_eq!(jobs(&acme).await, [""; 0]);
}

#[tokio::test]
async fn a_reset_sets_the_password_and_ends_all_sessions_and_tokens() {
    let acme = Acme::new().await;
    acme.caller("boss").await;
    acme.caller("boss").await;
    let verification = verification_token(&acme).await;
    let token = reset_token(&acme).await;
    reset(&acme, &token, NEW).await.unwrap();
    let endings = acme.endings(acme.boss).await;
    assert_eq!(endings, ["password_change"; 3]);
    acme.login_with("boss", NEW).await.unwrap();
    let outcome = acme.login_with("boss", PASSWORD).await;
    refused(&outcome, "invalid_credentials");
    refused(&verify(&acme, &verification).await, "invalid_token");
    assert!(acme.read(acme.boss).await.user.email_verified_at.is_some());
}

#[tokio::test]
async fn a_reset_is_audited_and_told_with_the_digest_of_the_token() {
    let acme = Acme::new().await;
    let token = reset_token(&acme).await;
    reset(&acme, &token, NEW).await.unwrap();
    let [audit, event] = acme.last_words().await;
    let user = acme.boss;
    assert_eq!(
        audit,
        format!("password.reset|users|{user}|NULL|own|NULL|NULL")
    );
    let expected = format!("security.events|password.reset|user|{user}|NULL");
    assert_eq!(event, expected);
    let digest = OneTimeToken::new(token).digest().to_hex();
    let expected = json!({"user_id": user, "organization_id": acme.id, "token_hash": digest});
    assert_eq!(acme.payload("password.reset").await, expected);
}

#[tokio::test]
async fn a_token_is_good_once_and_for_its_purpose_only() {
    let acme = Acme::new().await;
    let token = reset_token(&acme).await;
    refused(&verify(&acme, &token).await, "invalid_token");
    let verification = verification_token(&acme).await;
    refused(&reset(&acme, &verification, NEW).await, "invalid_token");
    refused(&reset(&acme, "guess", NEW).await, "invalid_token");
    reset(&acme, &token, NEW).await.unwrap();
    let again = reset(&acme, &token, PASSWORD).await;
    refused(&again, "invalid_token");
    acme.login_with("boss", NEW).await.unwrap();
}

#[tokio::test]
async fn a_token_is_good_for_its_life_and_no_longer() {
    let acme = Acme::new().await;
    let token = reset_token(&acme).await;
    acme.clock.advance(Duration::from_hours(1));
    refused(&reset(&acme, &token, NEW).await, "invalid_token");
    let token = reset_token(&acme).await;
    acme.clock
        .advance(Duration::from_hours(1) - Duration::from_micros(1));
    reset(&acme, &token, NEW).await.unwrap();
}

#[tokio::test]
async fn a_token_of_a_user_who_may_not_act_is_good_for_nothing() {
    let acme = Acme::new().await;
    let token = reset_token(&acme).await;
    let verification = verification_token(&acme).await;
    acme.execute("UPDATE users SET status = 'inactive'").await;
    refused(&reset(&acme, &token, NEW).await, "invalid_token");
    refused(&verify(&acme, &verification).await, "invalid_token");
    acme.execute("UPDATE users SET status = 'active'").await;
    acme.login_with("boss", PASSWORD).await.unwrap();
    assert_eq!(acme.read(acme.boss).await.user.email_verified_at, None);
}

#[tokio::test]
async fn a_token_that_was_mailed_to_an_address_that_is_another_users_now_is_good_for_nothing() {
    let acme = Acme::new().await;
    let token = reset_token(&acme).await;
    let verification = verification_token(&acme).await;
    for (user, address) in [
        (acme.boss.get(), "gone@example.com"),
        (1, "boss@example.com"),
    ] {
        let change = format!(
            "UPDATE user_contacts SET email = '{address}', email_key = '{address}' \
             WHERE user_id = {user}"
        );
        acme.execute(&change).await;
    }
    refused(&reset(&acme, &token, NEW).await, "invalid_token");
    refused(&verify(&acme, &verification).await, "invalid_token");
    acme.login_with("root", PASSWORD).await.unwrap();
    acme.login_with("boss", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_common_password_and_an_own_name_leave_the_token_good() {
    let acme = Acme::new().await;
    let token = reset_token(&acme).await;
    for weak in [COMMON, "boss@example.com"] {
        let outcome = reset(&acme, &token, weak).await;
        refused(&outcome, "password_too_common");
    }
    reset(&acme, &token, NEW).await.unwrap();
}

#[tokio::test]
async fn a_verified_address_is_audited_and_told() {
    let acme = Acme::new().await;
    let token = verification_token(&acme).await;
    verify(&acme, &token).await.unwrap();
    let user = acme.boss;
    let now = auth_domain::clock::Clock::now(&*acme.clock);
    assert_eq!(acme.read(user).await.user.email_verified_at, Some(now));
    let [audit, event] = acme.last_words().await;
    let after = r#"{"email":"boss@example.com"}"#;
    let expected = format!("user.email_verified|users|{user}|NULL|own|NULL|{after}");
    assert_eq!(audit, expected);
    let expected = format!("audit.events|user.email_verified|user|{user}|NULL");
    assert_eq!(event, expected);
}

#[tokio::test]
async fn a_verification_is_as_good_as_the_first_time_while_its_token_lives() {
    let acme = Acme::with(|_, options| options.quotas.wrong_token = 1).await;
    let token = verification_token(&acme).await;
    verify(&acme, &token).await.unwrap();
    let (user, trace) = (acme.read(acme.boss).await, acme.trace().await);
    acme.clock.advance(Duration::from_mins(1));
    for _ in 0..3 {
        verify(&acme, &token).await.unwrap();
    }
    assert_eq!(acme.read(acme.boss).await, user, "verified since the first");
    assert_eq!(acme.trace().await, trace, "told once");
    acme.clock.advance(Duration::from_hours(24));
    refused(&verify(&acme, &token).await, "invalid_token");
}

#[tokio::test]
async fn a_new_password_is_told_to_the_address() {
    let acme = Acme::new().await;
    let token = reset_token(&acme).await;
    reset(&acme, &token, NEW).await.unwrap();
    acme.work().await;
    let mails = acme.postbox.take();
    let [mail] = &mails[..] else {
        unreachable!("one mail, not {}", mails.len());
    };
    assert_eq!(mail.subject, "Your password was changed");
    assert_eq!(mail.to.as_str(), "boss@example.com");
}

#[tokio::test]
async fn wrong_tokens_from_one_address_are_limited_and_known_ones_pass() {
    let acme = Acme::with(|_, options| options.quotas.wrong_token = 2).await;
    let token = reset_token(&acme).await;
    for _ in 0..2 {
        refused(&reset(&acme, "guess", NEW).await, "invalid_token");
    }
    refused(&reset(&acme, "guess", NEW).await, "rate_limited");
    refused(&verify(&acme, "guess").await, "rate_limited");
    reset(&acme, &token, NEW).await.unwrap();
}

/// An index that answers every question in that way.
fn index(knows: fn() -> Result<bool, PortError>) -> MockOneTimeTokenIndex {
    let mut index = MockOneTimeTokenIndex::new();
    let away = || Err(PortError::Unavailable("no index".into()));
    index.expect_remember().returning(move |_, _, _| away());
    index.expect_knows().returning(move |_, _| knows());
    index.expect_forget().returning(move |_, _| away());
    index
}

#[tokio::test]
async fn a_token_that_the_index_lost_is_as_good_and_does_not_count() {
    for knows in [
        || Ok(false),
        || Err(PortError::Unavailable("no index".into())),
    ] {
        let acme = Acme::with(|ports, options| {
            ports.token_index = Arc::new(index(knows));
            options.quotas.wrong_token = 1;
        })
        .await;
        for password in [NEW, "another new passphrase"] {
            let token = reset_token(&acme).await;
            reset(&acme, &token, password).await.unwrap();
        }
        refused(&reset(&acme, "guess", NEW).await, "invalid_token");
        let token = reset_token(&acme).await;
        refused(&reset(&acme, &token, NEW).await, "rate_limited");
    }
}

#[tokio::test]
async fn a_token_whose_life_is_over_counts_as_wrong() {
    let acme = Acme::with(|_, options| options.quotas.wrong_token = 1).await;
    let token = reset_token(&acme).await;
    acme.clock.advance(Duration::from_hours(1));
    refused(&reset(&acme, &token, NEW).await, "invalid_token");
    refused(&reset(&acme, &token, NEW).await, "rate_limited");
}

#[tokio::test]
async fn a_token_that_only_the_index_knows_is_wrong_and_counts() {
    let acme = Acme::with(|ports, options| {
        ports.token_index = Arc::new(index(|| Ok(true)));
        options.quotas.wrong_token = 1;
    })
    .await;
    refused(&reset(&acme, "guess", NEW).await, "invalid_token");
    refused(&reset(&acme, "guess", NEW).await, "rate_limited");
}

#[tokio::test]
async fn a_used_token_is_forgotten_by_the_index() {
    let mut forgetting = MockOneTimeTokenIndex::new();
    forgetting.expect_remember().returning(|_, _, _| Ok(()));
    forgetting.expect_knows().returning(|_, _| Ok(true));
    forgetting
        .expect_forget()
        .times(1)
        .withf(|purpose, _| *purpose == TokenPurpose::PasswordReset)
        .returning(|_, _| Ok(()));
    let acme = Acme::with(|ports, _| ports.token_index = Arc::new(forgetting)).await;
    let token = reset_token(&acme).await;
    reset(&acme, &token, NEW).await.unwrap();
}
