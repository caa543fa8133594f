//! Proving that an e-mail address is one's own.

use futures::future::join_all;
use rstest::rstest;
use serde_json::json;

use crate::support::{Answer, Api, Mode, Place, World};

const ADDRESS: &str = "acme-admin@example.com";
const ASK: &str = "/api/v1/auth/email/verification";

async fn verify(api: &Api, token: &str) -> Answer {
    let body = json!({"token": token});
    api.post("/api/v1/auth/email/verify", body).await
}

async fn is_verified(api: &Api) -> bool {
    let me = api.get("/api/v1/auth/me").await.expect(200);
    me["email_verified"].as_bool().unwrap()
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_mailed_token_verifies_the_address(#[case] mode: Mode) {
    let place = Place::new(mode).await;
    let place = place.with("MAIL_VERIFY_URL", "https://app.example.com/verify?lang=en");
    let world = World::at(place).await;
    assert!(!is_verified(&world.admin).await);
    let asked = world.admin.post(ASK, json!({})).await.expect(200);
    assert_eq!(asked, json!({"status": "ok"}));
    let mail = world.place.mail(1).await;
    assert_eq!(mail.to, ADDRESS);
    let link = "https://app.example.com/verify?lang=en#token=";
    assert!(mail.text.contains(link), "{}", mail.text);
    assert!(!is_verified(&world.admin).await, "asking proves nothing");

    // The reader of the mail need not be signed in there.
    let token = mail.token();
    verify(&world.api, &token).await.expect(200);
    assert!(is_verified(&world.admin).await);
    assert!(!is_verified(&world.root).await);
    // A program that reads mail may open the link before its owner does.
    verify(&world.api, &token).await.expect(200);
    world.admin.post(ASK, json!({})).await.expect(200);
    let mails = world.place.mails_in_the_end().await;
    assert_eq!(mails.len(), 1, "there is nothing left to prove");
    let rows = "audit_logs WHERE action_type = 'user.email_verified'";
    assert_eq!(world.place.count(rows).await, 1);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn twenty_verifications_with_one_token_at_once_are_told_once(#[case] mode: Mode) {
    let world = World::new(mode).await;
    world.admin.post(ASK, json!({})).await.expect(200);
    let token = world.place.mail(1).await.token();
    let answers = join_all((0..20).map(|_| verify(&world.api, &token))).await;
    for answer in answers {
        answer.expect(200);
    }
    assert!(is_verified(&world.admin).await);
    for rows in [
        "audit_logs WHERE action_type = 'user.email_verified'",
        "outbox_events WHERE event_type = 'user.email_verified'",
    ] {
        assert_eq!(world.place.count(rows).await, 1, "{rows}");
    }
}

#[tokio::test]
async fn a_token_serves_the_purpose_it_was_mailed_for_and_no_other() {
    let world = World::new(Mode::Embedded).await;
    world.admin.post(ASK, json!({})).await.expect(200);
    let verification = world.place.mail(1).await.token();
    world.api.forgot(ADDRESS).await.expect(200);
    let reset = world.place.mail(2).await.token();
    let new = "a new and rather long passphrase";
    let answer = world.api.reset(&verification, new).await;
    answer.refused(400, "invalid_token");
    let answer = verify(&world.api, &reset).await;
    answer.refused(400, "invalid_token");
    assert!(!is_verified(&world.admin).await);
    world.admin.get("/api/v1/auth/me").await.expect(200);
    verify(&world.api, &verification).await.expect(200);
    world.api.reset(&reset, new).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_token_for_an_address_that_changed_or_of_an_inactive_user_proves_nothing(
    #[case] mode: Mode,
) {
    let world = World::new(mode).await;
    world.admin.post(ASK, json!({})).await.expect(200);
    let moved = world.place.mail(1).await.token();
    let change = format!(
        "UPDATE user_contacts SET email = 'new@example.com', email_key = 'new@example.com' \
         WHERE user_id = {}",
        world.admin_id
    );
    world.place.execute(&change).await;
    let answer = verify(&world.api, &moved).await;
    answer.refused(400, "invalid_token");
    assert!(!is_verified(&world.admin).await);

    world.admin.post(ASK, json!({})).await.expect(200);
    let mail = world.place.mail(2).await;
    assert_eq!(mail.to, "new@example.com");
    world.deactivate(world.admin_id).await;
    let answer = verify(&world.api, &mail.token()).await;
    answer.refused(400, "invalid_token");
    let verified = "user_contacts WHERE email_verified_at IS NOT NULL";
    assert_eq!(world.place.count(verified).await, 0);
}
