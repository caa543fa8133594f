//! Changes of how to reach a user.

use std::time::Duration;

use auth_application::Written;
use auth_application::users::{ContactChanges, UserError};
use auth_domain::caller::Caller;
use auth_domain::change::Change;
use auth_domain::ids::UserId;
use auth_domain::store::Store as _;
use auth_domain::text::{Place, Username};
use auth_domain::users::Contact;
use auth_testkit::builders;

use crate::acme::{Acme, refused};
use crate::staff::to_email;

async fn change(
    acme: &Acme,
    by: &Caller,
    id: UserId,
    changes: &ContactChanges,
) -> Result<Written<Contact>, UserError> {
    acme.update_contact(by, id, changes).await
}

async fn verify(acme: &Acme, id: UserId) {
    let email = acme.read(id).await.user.email;
    let mut tx = acme.store.begin().await.unwrap();
    let at = builders::at(1);
    tx.users().verify_email(id, &email.key(), at).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn another_address_is_unproven_ends_open_tokens_and_the_old_one_is_told() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    verify(&acme, ana).await;
    acme.signs_in(ana).await;
    let changes = to_email("New@example.com");
    let written = change(&acme, &boss, ana, &changes).await.unwrap();
    assert_eq!(written.value.email.as_str(), "New@example.com");
    let user = acme.read(ana).await.user;
    assert_eq!(user.email.as_str(), "New@example.com");
    assert_eq!(user.email_verified_at, None);
    assert_eq!(user.username.as_str(), "ana", "a name without @ stays");
    assert_eq!(
        acme.look("SELECT purpose FROM one_time_tokens").await,
        [""; 0]
    );
    let jobs = acme
        .look("SELECT queue, payload, request_id FROM queued_jobs")
        .await;
    assert_eq!(
        jobs,
        [r#"mail|{"kind":"email_changed","address":"ana@example.com"}|request"#]
    );
    assert_eq!(acme.events(ana).await, ["user.updated"]);
    assert_eq!(acme.endings(ana).await, ["NULL"]);
    let trace = acme.trace().await;
    change(&acme, &boss, ana, &changes).await.unwrap();
    assert_eq!(acme.trace().await, trace, "the same address is no change");
}

#[tokio::test]
async fn a_username_that_is_the_address_changes_with_it() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let mut new = builders::user(acme.id, "ana");
    new.username = Username::parse("Ana@example.com").unwrap();
    let mut tx = acme.store.begin().await.unwrap();
    let ana = tx.users().insert(&new).await.unwrap().id;
    tx.commit().await.unwrap();
    let changes = to_email("new@example.com");
    change(&acme, &boss, ana, &changes).await.unwrap();
    let user = acme.read(ana).await.user;
    assert_eq!(user.username.as_str(), "new@example.com");
    let label = "d".repeat(60);
    let changes = to_email(&format!("ana@{label}.{label}.example.com"));
    let outcome = change(&acme, &boss, ana, &changes).await;
    refused(&outcome, "username_too_long");
    assert_eq!(acme.read(ana).await.user, user, "all of it or nothing");
}

#[tokio::test]
async fn an_address_is_needed_and_no_other_users() {
    let acme = Acme::new().await;
    acme.tenant("Other", "eva").await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let before = acme.trace().await;
    let none = ContactChanges {
        email: Change::Clear,
        ..ContactChanges::default()
    };
    refused(&change(&acme, &boss, ana, &none).await, "email_required");
    let taken = to_email("EVA@example.com");
    let outcome = change(&acme, &boss, ana, &taken).await;
    refused(&outcome, "email_already_exists");
    let kind = auth_application::error::UseCaseError::kind(&outcome.unwrap_err());
    assert_eq!(kind, auth_application::error::ErrorKind::BadRequest);
    let nobody = UserId::new(4_711).unwrap();
    refused(&change(&acme, &boss, nobody, &none).await, "user_not_found");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn other_fields_leave_the_address_alone() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    verify(&acme, ana).await;
    acme.signs_in(ana).await;
    let set = ContactChanges {
        city: Change::Set(Place::parse("Wien").unwrap()),
        ..ContactChanges::default()
    };
    let clear = ContactChanges {
        city: Change::Clear,
        ..ContactChanges::default()
    };
    for (changes, city) in [(set, Some("Wien")), (clear, None)] {
        let written = change(&acme, &boss, ana, &changes).await.unwrap();
        assert_eq!(written.value.city.as_ref().map(Place::as_str), city);
    }
    assert!(acme.read(ana).await.user.email_verified_at.is_some());
    let tokens = acme.look("SELECT purpose FROM one_time_tokens").await;
    assert_eq!(tokens.len(), 2);
    assert_eq!(acme.look("SELECT queue FROM queued_jobs").await, [""; 0]);
}

#[tokio::test]
async fn a_caller_is_told_a_few_times_that_a_name_is_taken() {
    let acme = Acme::with(|_, options| options.quotas.taken_name = 2).await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    // What tells nothing counts nothing.
    for name in ["bea", "cyd", "dee"] {
        acme.invite(&boss, None, name).await.unwrap();
    }
    let taken = to_email("bea@example.com");
    let told = change(&acme, &boss, ana, &taken).await;
    refused(&told, "email_already_exists");
    let told = acme.invite(&boss, None, "bea").await;
    refused(&told, "username_already_exists");
    let trace = acme.trace().await;
    refused(&change(&acme, &boss, ana, &taken).await, "rate_limited");
    refused(&acme.invite(&boss, None, "free").await, "rate_limited");
    assert_eq!(acme.trace().await, trace);
    let root = acme.caller("root").await;
    let told = change(&acme, &root, root.user_id(), &taken).await;
    refused(&told, "email_already_exists");
    acme.clock.advance(Duration::from_mins(15));
    acme.invite(&boss, None, "free").await.unwrap();
}

#[tokio::test]
async fn a_user_changes_the_own_address_a_few_times_an_hour() {
    let acme = Acme::with(|_, options| options.quotas.address_change = 2).await;
    let boss = acme.caller("boss").await;
    let me = boss.user_id();
    let to = |number: usize| to_email(&format!("new{number}@example.com"));
    change(&acme, &boss, me, &to_email("boss@example.com"))
        .await
        .unwrap();
    refused(
        &change(&acme, &boss, me, &to_email("root@example.com")).await,
        "email_already_exists",
    );
    for number in 0..2 {
        change(&acme, &boss, me, &to(number)).await.unwrap();
    }
    refused(&change(&acme, &boss, me, &to(2)).await, "rate_limited");
    let ana = acme.user(acme.id, "ana", &[]).await;
    for number in 3..6 {
        change(&acme, &boss, ana, &to(number)).await.unwrap();
    }
    acme.clock.advance(Duration::from_hours(1));
    change(&acme, &boss, me, &to(6)).await.unwrap();
}
