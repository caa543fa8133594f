//! The handler of mails, over the real store.

use std::sync::Arc;
use std::time::Duration;

use auth_application::jobs::{JobData as _, JobError};
use auth_application::mail::MailJob;
use auth_application::security::{Limits, Quotas};
use auth_domain::error::PortError;
use auth_domain::identity::{MockOneTimeTokenIndex, MockOneTimeTokens, TokenError, TokenPurpose};
use auth_domain::security::MockRateLimiter;
use auth_domain::users::{EmailAddress, UserStatus};

use crate::post::{LIVES, Post, REQUEST, Says, hex, key, reset, token, verification};
use crate::staff::to_status;

#[test]
fn a_job_is_stored_in_the_form_that_the_next_release_reads() {
    let old = EmailAddress::parse("Old@example.com").unwrap();
    let jobs = [
        (reset(), "password_reset", "ana@example.com"),
        (verification(), "email_verification", "ana@example.com"),
        (
            MailJob::email_changed(&old),
            "email_changed",
            "Old@example.com",
        ),
    ];
    for (job, kind, address) in jobs {
        let json = serde_json::to_string(&job).unwrap();
        assert_eq!(
            json,
            format!(r#"{{"kind":"{kind}","address":"{address}"}}"#)
        );
        assert!(serde_json::from_str::<MailJob>(&json).unwrap() == job);
        assert_eq!(job.dedup_key(), Some(format!("{kind}:{address}")));
    }
}

#[tokio::test]
async fn a_reset_goes_to_the_stored_address_with_a_fresh_token_that_is_stored_as_its_hash() {
    let post = Post::new().await;
    post.runs(reset(), Duration::from_mins(5)).await.unwrap();
    let mail = post.mails().pop().unwrap();
    assert_eq!(mail.to.as_str(), "ana@example.com");
    assert!(mail.text.contains("token-1\n"), "{}", mail.text);
    assert!(
        mail.text.contains("within 60 minutes"),
        "it lives from now on"
    );
    let stored = format!(
        "password_reset|ana@example.com|{}|{}|2026-01-01T12:00:00+00:00|2026-01-01T13:00:00+00:00",
        post.ana,
        hex(1)
    );
    assert_eq!(post.tokens().await, [stored]);
    let audit = "SELECT actor_name, CAST(affected_row_id AS text), request_id, new_data FROM audit_logs \
         WHERE action_type = 'one_time_token.issued'";
    let audit = post.acme.look(audit).await;
    let entry = format!(
        r#"mail|{}|{REQUEST}|{{"purpose":"password_reset"}}"#,
        post.ana
    );
    assert_eq!(audit, [entry]);
    let (purpose, digest) = (TokenPurpose::PasswordReset, token(1).digest());
    assert!(post.ports.index.knows(purpose, &digest).await.unwrap());
}

#[tokio::test]
async fn a_new_token_takes_the_place_of_the_old_one() {
    let post = Post::new().await;
    post.resets().await.unwrap();
    post.resets().await.unwrap();
    let tokens = post.tokens().await;
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].contains(&hex(2)), "{tokens:?}");
}

#[tokio::test]
async fn a_token_to_verify_an_address_lives_for_its_own_time() {
    let post = Post::new().await;
    post.runs(verification(), Duration::ZERO).await.unwrap();
    assert!(post.mails()[0].text.contains("within 120 minutes"));
    let tokens = post.tokens().await;
    assert!(tokens[0].starts_with("email_verification|"), "{tokens:?}");
    assert!(
        tokens[0].ends_with("|2026-01-01T14:00:00+00:00"),
        "{tokens:?}"
    );
}

#[tokio::test]
async fn an_unknown_address_or_that_of_an_inactive_user_gets_no_mail() {
    let post = Post::new().await;
    let nobody = MailJob::password_reset(&key("nobody@example.com"));
    post.runs(nobody, Duration::ZERO).await.unwrap();
    let boss = post.acme.caller("boss").await;
    let inactive = to_status(UserStatus::Inactive);
    post.acme.update(&boss, post.ana, &inactive).await.unwrap();
    for job in [reset(), verification()] {
        post.runs(job, Duration::ZERO).await.unwrap();
    }
    assert_eq!(post.mails(), []);
    assert_eq!(post.tokens().await, [""; 0]);
}

#[tokio::test]
async fn a_request_that_is_older_than_the_life_of_its_token_is_dropped() {
    let post = Post::new().await;
    let moment = Duration::from_micros(1);
    for (job, life) in [
        (reset(), LIVES.password_reset),
        (verification(), LIVES.email_verification),
    ] {
        post.runs(job.clone(), life).await.unwrap();
        assert_eq!(post.mails(), []);
        post.runs(job, life.saturating_sub(moment)).await.unwrap();
        assert_eq!(post.mails().len(), 1);
    }
}

#[tokio::test]
async fn a_verified_address_needs_no_mail_to_verify_it_and_its_user_is_greeted() {
    let post = Post::new().await;
    post.resets().await.unwrap();
    post.runs(verification(), Duration::ZERO).await.unwrap();
    for mail in post.mails() {
        assert!(
            !mail.text.contains("Ana"),
            "a stranger may have chosen it: {}",
            mail.text
        );
    }
    post.verifies().await;
    post.runs(verification(), Duration::ZERO).await.unwrap();
    assert_eq!(post.mails(), []);
    post.resets().await.unwrap();
    assert!(post.mails()[0].text.starts_with("Hello Ana,"));
}

#[tokio::test]
async fn a_mail_counts_once_it_was_handed_over_and_over_the_limit_no_token_is_minted() {
    let post = Post::new().await;
    for says in [Says::Later, Says::Never, Says::Later] {
        post.says(says);
        assert!(post.resets().await.is_err());
    }
    post.says(Says::Taken);
    for _ in 0..3 {
        post.resets().await.unwrap();
    }
    assert_eq!(post.mails().len(), 2);
    let tokens = post.tokens().await;
    assert!(
        tokens[0].contains(&hex(5)),
        "three that failed, two that went"
    );
    // The other kind has a count of its own.
    post.runs(verification(), Duration::ZERO).await.unwrap();
    assert_eq!(post.mails().len(), 1);
    post.acme.clock.advance(Duration::from_hours(1));
    post.resets().await.unwrap();
    assert_eq!(post.mails().len(), 1);
}

#[tokio::test]
async fn the_mailer_decides_whether_trying_again_can_help() {
    let post = Post::new().await;
    post.says(Says::Later);
    let later = post.resets().await.unwrap_err();
    assert!(matches!(later, JobError::Retry(_)), "{later:?}");
    post.says(Says::Never);
    let never = post.resets().await.unwrap_err();
    assert!(matches!(never, JobError::Fail(_)), "{never:?}");
    let old = EmailAddress::parse("old@example.com").unwrap();
    let notice = MailJob::email_changed(&old);
    let never = post.runs(notice, Duration::ZERO).await.unwrap_err();
    assert!(matches!(never, JobError::Fail(_)), "{never:?}");
}

#[tokio::test]
async fn the_old_address_is_told_however_late_and_without_a_token() {
    let post = Post::new().await;
    let old = EmailAddress::parse("Old@example.com").unwrap();
    let late = Duration::from_hours(100);
    post.runs(MailJob::email_changed(&old), late).await.unwrap();
    assert_eq!(post.mails()[0].to, old);
    assert_eq!(post.tokens().await, [""; 0]);
}

#[tokio::test]
async fn a_port_that_is_away_puts_the_mail_off_and_an_index_does_not_matter() {
    let mut post = Post::new().await;
    let whole = post.ports.clone();
    let mut limiter = MockRateLimiter::new();
    let away = || PortError::Unavailable("away".into());
    limiter.expect_take().returning(move |_| Err(away()));
    let quotas = Quotas {
        password_reset: 1,
        ..Quotas::NONE
    };
    post.ports.limits = Limits::new(Arc::new(limiter), quotas);
    let error = post.resets().await.unwrap_err();
    assert!(matches!(error, JobError::Retry(_)), "{error:?}");

    let mut tokens = MockOneTimeTokens::new();
    let broken = || Err(TokenError("no randomness".to_owned()));
    tokens.expect_generate().returning(broken);
    post.ports = whole.clone();
    post.ports.tokens = Arc::new(tokens);
    let error = post.resets().await.unwrap_err();
    assert!(matches!(error, JobError::Retry(_)), "{error:?}");
    assert_eq!((post.mails(), post.tokens().await.len()), (vec![], 0));

    let mut index = MockOneTimeTokenIndex::new();
    index
        .expect_remember()
        .returning(move |_, _, _| Err(away()));
    post.ports = whole;
    post.ports.index = Arc::new(index);
    post.resets().await.unwrap();
    assert_eq!(post.mails().len(), 1);
}

#[tokio::test]
async fn at_most_one_mail_of_a_kind_to_an_address_waits() {
    let post = Post::new().await;
    for job in [reset(), reset(), verification(), reset()] {
        post.asks(&job).await;
    }
    assert_eq!(post.works().await, 2);
    assert_eq!(post.mails().len(), 2);
    assert_eq!(post.jobs().await, [""; 0]);
    post.asks(&reset()).await;
    assert_eq!(post.works().await, 1);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_a_dead_job_with_its_reason() {
    let post = Post::new().await;
    post.asks(&reset()).await;
    post.says(Says::Never);
    assert_eq!(post.works().await, 1);
    let dead = "dead|1|the mail was refused for good: no such mailbox";
    assert_eq!(post.jobs().await, [dead]);
    post.acme.clock.advance(Duration::from_hours(1));
    assert_eq!(post.works().await, 0);
}

#[tokio::test]
async fn a_mail_that_could_not_be_handed_over_goes_out_when_the_mailer_is_back() {
    let post = Post::new().await;
    post.asks(&reset()).await;
    post.says(Says::Later);
    assert_eq!(post.works().await, 1);
    let waits = "alive|1|the mail could not be handed over now: the server is away";
    assert_eq!(post.jobs().await, [waits]);
    assert_eq!(post.works().await, 0);
    post.says(Says::Taken);
    post.acme.clock.advance(Duration::from_secs(5));
    assert_eq!(post.works().await, 1);
    assert_eq!(post.mails().len(), 1);
    assert_eq!(post.jobs().await, [""; 0]);
}
