//! A forgotten password, from the request over the mail to the new one.

use futures::future::join_all;
use rstest::rstest;
use serde_json::json;

use crate::support::{Answer, Mode, Place, Server, Tokens, World};

const ADDRESS: &str = "acme-admin@example.com";
const NEW: &str = "a new and rather long passphrase";

/// How many of the answers have that status.
fn with(status: u16, answers: &[Answer]) -> usize {
    let found = answers.iter().filter(|answer| answer.status == status);
    found.count()
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_mailed_token_sets_a_new_password_ends_all_sessions_and_verifies_the_address(
    #[case] mode: Mode,
) {
    let world = World::new(mode).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let asked = world.api.forgot("ACME-Admin@example.com").await.expect(200);
    assert_eq!(asked, json!({"status": "ok", "reset_token": null}));
    let mail = world.place.mail(1).await;
    assert_eq!(mail.to, ADDRESS, "the stored address, not the typed one");
    let token = mail.token();

    let done = world.api.reset(&token, NEW).await.expect(200);
    assert_eq!(done, json!({"status": "ok"}));
    held.dead(&world.api, "session_revoked").await;
    let me = world.admin.get("/api/v1/auth/me").await;
    me.refused(401, "session_revoked");
    let old = world.api.login("acme-admin").await;
    old.refused(401, "invalid_credentials");
    let login = world.api.login_with("acme-admin", NEW).await.expect(200);
    assert_eq!(login["user"]["email_verified"], true);
    let again = world.api.reset(&token, "yet another passphrase").await;
    again.refused(400, "invalid_token");
    world.root.get("/api/v1/auth/me").await.expect(200);
    for rows in [
        "audit_logs WHERE action_type = 'password.reset'",
        "outbox_events WHERE event_type = 'password.reset'",
    ] {
        assert_eq!(world.place.count(rows).await, 1, "{rows}");
    }

    let world = world.restarted();
    world.place.flush_redis();
    held.dead(&world.api, "session_revoked").await;
    let again = world.api.reset(&token, "yet another passphrase").await;
    again.refused(400, "invalid_token");
    Tokens::of(&login).live(&world.api).await;
}

#[rstest]
#[case::with_the_call_to_make(None)]
#[case::with_a_link(Some("https://app.example.com/reset"))]
#[tokio::test]
async fn no_header_of_the_request_gets_into_the_mail(#[case] page: Option<&str>) {
    let mut place = Place::new(Mode::Embedded).await;
    if let Some(page) = page {
        place.set("MAIL_RESET_URL", page);
    }
    let world = World::at(place).await;
    let poisoned = [
        "host",
        "x-forwarded-host",
        "x-forwarded-server",
        "x-original-url",
        "origin",
        "referer",
        "user-agent",
    ];
    let api = poisoned.iter().fold(world.api.clone(), |api, name| {
        api.with(name, "attacker.example.net")
    });
    let api = api
        .with("forwarded", "host=attacker.example.net;proto=https")
        .with("x-forwarded-proto", "attacker.example.net");
    api.forgot(ADDRESS).await.expect(200);
    let mail = world.place.mail(1).await;
    assert!(!mail.raw.contains("attacker"), "{}", mail.raw);
    assert!(!mail.raw.contains("127.0.0.1"), "{}", mail.raw);
    if let Some(page) = page {
        let link = format!("{page}#token={}", mail.token());
        assert!(mail.text.contains(&link), "{}", mail.text);
    }
    world.api.reset(&mail.token(), NEW).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn of_twenty_resets_with_one_token_at_once_one_succeeds(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let second: Option<Server> = (mode == Mode::Postgres).then(|| world.place.start());
    world.api.forgot(ADDRESS).await.expect(200);
    let token = world.place.mail(1).await.token();
    let other = second.as_ref().map_or(world.api.clone(), Server::api);
    let password = |number: usize| format!("passphrase number {number}");
    let resets = (0..20).map(|number| {
        let api = if number % 2 == 0 { &world.api } else { &other };
        let token = &token;
        async move { api.reset(token, &password(number)).await }
    });
    let answers = join_all(resets).await;
    assert_eq!(with(200, &answers), 1, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(400, "invalid_token");
    }
    let winner = answers.iter().position(|answer| answer.status == 200);
    let password = password(winner.unwrap());
    let login = world.api.login_with("acme-admin", &password).await;
    login.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn only_the_newest_token_counts_and_only_for_its_time(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let mut tokens = Vec::new();
    for count in 1..=3 {
        world.api.forgot(ADDRESS).await.expect(200);
        tokens.push(world.place.mail(count).await.token());
    }
    for old in &tokens[..2] {
        let answer = world.api.reset(old, NEW).await;
        answer.refused(400, "invalid_token");
    }
    let expired = "UPDATE one_time_tokens SET expires_at = '2026-01-01T00:00:00+00:00'";
    world.place.execute(expired).await;
    let late = world.api.reset(&tokens[2], NEW).await;
    late.refused(400, "invalid_token");
    world.admin.get("/api/v1/auth/me").await.expect(200);

    world.api.forgot(ADDRESS).await.expect(200);
    let newest = world.place.mail(4).await.token();
    world.api.reset(&newest, NEW).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_token_dies_with_its_account_or_its_address(#[case] mode: Mode) {
    let world = World::new(mode).await;
    world.open_registration().await;
    let member = world.member("member").await;
    world.api.forgot("member@example.com").await.expect(200);
    let moved = world.place.mail(1).await.token();
    world.api.forgot(ADDRESS).await.expect(200);
    let gone = world.place.mail(2).await.token();

    let change = format!(
        "UPDATE user_contacts SET email = 'new@example.com', email_key = 'new@example.com' \
         WHERE user_id = {member}"
    );
    world.place.execute(&change).await;
    world.deactivate(world.admin_id).await;
    for token in [moved, gone] {
        let answer = world.api.reset(&token, NEW).await;
        answer.refused(400, "invalid_token");
    }
    for name in ["member", "acme-admin"] {
        let answer = world.api.login_with(name, NEW).await;
        answer.refused(401, "invalid_credentials");
    }
    // No answer says that the account is inactive, and no mail goes out.
    let asked = world.api.forgot(ADDRESS).await.expect(200);
    assert_eq!(asked["status"], "ok");
    assert_eq!(world.place.mails_in_the_end().await.len(), 2);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn guesses_end_in_429_while_the_mailed_token_still_passes(#[case] mode: Mode) {
    let place = Place::new(mode).await.with("LIMIT_WRONG_TOKEN", "3");
    let world = World::at(place).await;
    world.api.forgot(ADDRESS).await.expect(200);
    let token = world.place.mail(1).await.token();
    let guesses = ["", "guess", &token[1..]];
    for guess in guesses {
        let answer = world.api.reset(guess, NEW).await;
        answer.refused(400, "invalid_token");
    }
    for guess in ["A".repeat(43), "x".repeat(10_000)] {
        let answer = world.api.reset(&guess, NEW).await;
        answer.limited("wrong_token", 3, 900);
    }
    let verify = json!({"token": "guess"});
    let verify = world.api.post("/api/v1/auth/email/verify", verify).await;
    verify.limited("wrong_token", 3, 900);
    world.api.reset(&token, NEW).await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn an_account_gets_so_much_mail_and_an_unknown_address_none_with_the_same_answer(
    #[case] mode: Mode,
) {
    let place = Place::new(mode).await.with("LIMIT_PASSWORD_RESET", "2");
    let world = World::at(place).await;
    let mut bodies = Vec::new();
    for address in [ADDRESS, "nobody@example.com", ADDRESS, ADDRESS, ADDRESS] {
        let answer = world.api.forgot(address).await;
        let mails = world.place.mails_in_the_end().await.len();
        assert!(mails <= 2, "{mails}");
        bodies.push(answer.expect(200));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    let newest = world.place.mail(2).await;
    world.api.reset(&newest.token(), NEW).await.expect(200);
    let malformed = world.api.forgot("nobody").await;
    malformed.invalid(&[json!(["body", "email"])]);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_kill_between_the_request_and_the_mail_loses_nothing(#[case] mode: Mode) {
    let world = World::new(mode).await;
    world.api.forgot(ADDRESS).await.expect(200);
    let world = world.restarted();
    // Where the process that was killed had claimed the job, its lease ends.
    let lease_ends = "UPDATE queued_jobs SET run_at = created_at";
    world.place.execute(lease_ends).await;
    let mail = world.place.mails_in_the_end().await.pop().unwrap();
    world.place.flush_redis();
    // The index in front of the store is empty now.
    let world = world.restarted();
    world.api.reset(&mail.token(), NEW).await.expect(200);
}

#[tokio::test]
async fn what_the_api_was_asked_for_the_worker_does_when_it_comes() {
    let world = World::new(Mode::Postgres).await;
    world.server.kill();
    let mut command = world.place.command_of(env!("CARGO_BIN_EXE_auth-api"));
    command.args(["--port", "0"]);
    let api = Server::spawn(command).unwrap();
    api.api().forgot(ADDRESS).await.expect(200);
    assert_eq!(world.place.count("queued_jobs").await, 1);
    api.kill();
    let server = world.place.start();
    let token = world.place.mail(1).await.token();
    server.api().reset(&token, NEW).await.expect(200);
}
