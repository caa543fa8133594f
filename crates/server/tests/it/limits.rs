//! Attackers are slowed down, and their victims are not.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Api, Mode, PASSWORD, Place, Tokens, World, person};

const WINDOW: u64 = 900;

/// A world behind a proxy, with settings without their prefix `LIMIT_`.
async fn limited(mode: Mode, limits: &[(&str, &str)]) -> World {
    let mut place = Place::new(mode).await.behind_proxy();
    for (name, value) in limits {
        place.set(&format!("LIMIT_{name}"), value);
    }
    World::at(place).await
}

async fn guesses(api: &Api, name: &str, count: usize) {
    for _ in 0..count {
        let answer = api.guess(name).await;
        answer.refused(401, "invalid_credentials");
    }
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn guesses_at_one_account_from_one_address_end(#[case] mode: Mode) {
    let world = limited(mode, &[("LOGIN_PAIR", "3")]).await;
    let attacker = world.api.from("198.51.100.7");
    for _ in 0..5 {
        attacker.login("acme-admin").await.expect(200);
    }
    let attacker = world.api.from("198.51.100.8");
    for name in ["acme-admin", "ACME-ADMIN", "Acme-Admin"] {
        guesses(&attacker, name, 1).await;
    }
    let written = world.place.count("login_activity").await;
    let audited = world.place.count("audit_logs").await;
    for name in ["acme-admin", "Acme-ADMIN"] {
        let answer = attacker.guess(name).await;
        answer.limited("login_pair", 3, WINDOW);
        let right = attacker.login(name).await;
        right.limited("login_pair", 3, WINDOW);
    }
    let legacy = json!({"username": "acme-admin", "password": "wrong"});
    let legacy = attacker.post("/api/auth/login", legacy).await;
    legacy.limited("login_pair", 3, WINDOW);
    let rows = "login_activity";
    assert_eq!(
        world.place.count(rows).await,
        written,
        "a refusal is no row"
    );
    assert_eq!(world.place.count("audit_logs").await, audited);
    let metrics = world.api.get("/metrics").await.text;
    let counted = r#"auth_rate_limited_total{rule="login_pair"} 5"#;
    assert!(metrics.contains(counted), "{metrics}");
    let refused = r#"auth_logins_total{result="rate_limited"} 5"#;
    assert!(metrics.contains(refused), "{metrics}");

    // What a name leads to is not told: another name of the account counts
    // apart, as that of another account does.
    guesses(&attacker, "acme-admin@example.com", 1).await;
    guesses(&attacker, "root", 1).await;
    world
        .api
        .from("198.51.100.9")
        .login("acme-admin")
        .await
        .expect(200);
    let nobody = world.api.from("198.51.100.10");
    guesses(&nobody, "nobody", 3).await;
    let answer = nobody.guess("nobody").await;
    answer.limited("login_pair", 3, WINDOW);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_owner_gets_in_while_attackers_are_locked_out(#[case] mode: Mode) {
    let limits = [("LOGIN_ACCOUNT", "6"), ("LOGIN_PAIR", "3")];
    let world = limited(mode, &limits).await;
    let home = world.api.from("203.0.113.5");
    let held = Tokens::login(&home, "acme-admin").await;
    let network = world.api.from("2001:db8:5::1");
    network.login("acme-admin").await.expect(200);
    for last in 1..=3 {
        let attacker = world.api.from(&format!("198.51.100.{last}"));
        guesses(&attacker, "acme-admin", 2).await;
    }
    let attacker = world.api.from("198.51.100.4");
    let answer = attacker.guess("acme-admin").await;
    answer.limited("login_account", 6, WINDOW);
    let right = attacker.login("acme-admin").await;
    right.limited("login_account", 6, WINDOW);

    held.live(&home).await;
    let held = Tokens::of(&held.refresh(&home).await.expect(200));
    home.login("acme-admin").await.expect(200);
    let neighbour = world.api.from("2001:db8:5::ffff");
    neighbour.login("acme-admin").await.expect(200);
    // A wrong password gets the same answer from there as from anywhere, and
    // guesses are limited there too.
    for _ in 0..3 {
        let answer = home.guess("acme-admin").await;
        answer.limited("login_account", 6, WINDOW);
    }
    let answer = home.login("acme-admin").await;
    answer.limited("login_pair", 3, WINDOW);
    held.live(&home).await;
    // An account that is not there answers the same.
    for last in 1..=3 {
        let attacker = world.api.from(&format!("198.51.100.{last}"));
        guesses(&attacker, "nobody", 2).await;
    }
    let answer = attacker.guess("nobody").await;
    answer.limited("login_account", 6, WINDOW);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn one_password_on_many_accounts_ends_by_address_and_by_network(#[case] mode: Mode) {
    let world = limited(mode, &[("LOGIN_ADDRESS", "4")]).await;
    let sprays: [&dyn Fn(usize) -> String; 3] = [
        &|_| "198.51.100.7".into(),
        &|number| format!("2001:db8:1:2::{number}"),
        &|number| match number % 2 {
            0 => "198.51.100.8".into(),
            _ => "::ffff:198.51.100.8".into(),
        },
    ];
    for (round, address) in sprays.iter().enumerate() {
        for number in 0..4 {
            let api = world.api.from(&address(number));
            guesses(&api, &format!("user-{round}-{number}"), 1).await;
        }
        let api = world.api.from(&address(4));
        let answer = api.guess("root").await;
        answer.limited("login_address", 4, WINDOW);
    }
    let next_network = world.api.from("2001:db8:1:3::1");
    guesses(&next_network, "root", 1).await;
}

#[tokio::test]
async fn a_forged_forwarding_header_is_no_other_address() {
    let place = Place::new(Mode::Embedded).await;
    let world = World::at(place.with("LIMIT_LOGIN_ADDRESS", "3")).await;
    for last in 1..=3 {
        let api = world.api.from(&format!("198.51.100.{last}"));
        guesses(&api, &format!("user-{last}"), 1).await;
    }
    for (name, value) in [
        ("x-forwarded-for", "198.51.100.4"),
        ("forwarded", "for=198.51.100.4"),
        ("x-real-ip", "198.51.100.4"),
        ("true-client-ip", "198.51.100.4"),
    ] {
        let answer = world.api.with(name, value).guess("user-4").await;
        answer.limited("login_address", 3, WINDOW);
    }
}

#[tokio::test]
async fn behind_a_proxy_only_what_the_proxy_appended_counts() {
    let world = limited(Mode::Embedded, &[("LOGIN_ADDRESS", "3")]).await;
    for last in 1..=3 {
        let forged = format!("192.0.2.{last}, 198.51.100.7");
        guesses(&world.api.from(&forged), &format!("user-{last}"), 1).await;
    }
    let answer = world
        .api
        .from("192.0.2.4, 198.51.100.7")
        .guess("user")
        .await;
    answer.limited("login_address", 3, WINDOW);
}

fn member_of(organization: i64, name: &str) -> Value {
    let mut body = person(name);
    body["organization_id"] = json!(organization);
    body
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn registrations_and_forgotten_passwords_of_one_address_end(#[case] mode: Mode) {
    let limits = [("REGISTRATION", "3"), ("FORGOTTEN_PASSWORD", "3")];
    let world = limited(mode, &limits).await;
    world.open_registration().await;
    let attacker = world.api.from("198.51.100.7");
    let register = async |api: &Api, body: Value| api.post("/api/auth/register", body).await;
    let first = register(&attacker, member_of(world.acme, "first")).await;
    first.expect(201);
    let taken = register(&attacker, member_of(world.acme, "first")).await;
    taken.refused(409, "username_already_exists");
    let closed = register(&attacker, member_of(1, "second")).await;
    closed.refused(404, "organization_not_found");
    for organization in [world.acme, 1] {
        let more = register(&attacker, member_of(organization, "second")).await;
        more.limited("registration", 3, 3600);
    }
    let elsewhere = world.api.from("198.51.100.8");
    let second = register(&elsewhere, member_of(world.acme, "second")).await;
    second.expect(201);

    for address in ["nobody@example.com", "root@example.com", "x@example.com"] {
        attacker.forgot(address).await.expect(200);
    }
    let more = attacker.forgot("root@example.com").await;
    more.limited("forgotten_password", 3, 3600);
    // Two that wait for one address are one mail.
    assert_eq!(world.place.mails_in_the_end().await.len(), 1);
    elsewhere.forgot("root@example.com").await.expect(200);
    let mails = world.place.mails_in_the_end().await;
    assert_eq!(mails.len(), 2);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn guesses_at_shared_secrets_end_and_the_right_one_always_passes(#[case] mode: Mode) {
    let world = limited(mode, &[("WRONG_SECRET", "3")]).await;
    let attacker = world.api.from("198.51.100.7");
    let introspect = async |api: &Api| {
        let body = json!({"token": "x"});
        api.post("/api/v1/auth/introspect", body).await
    };
    introspect(&attacker)
        .await
        .refused(401, "invalid_internal_secret");
    for secret in ["", "change-me"] {
        let answer = introspect(&attacker.with("x-internal-secret", secret)).await;
        answer.refused(401, "invalid_internal_secret");
    }
    let wrong = attacker.with("x-internal-secret", PASSWORD);
    introspect(&wrong).await.limited("wrong_secret", 3, WINDOW);
    let wrong = attacker.with("x-bootstrap-secret", PASSWORD);
    let answer = wrong
        .post("/api/v1/bootstrap/organization", json!({}))
        .await;
    answer.limited("wrong_secret", 3, WINDOW);

    introspect(&attacker.service()).await.expect(200);
    let operator = attacker.with("x-bootstrap-secret", crate::support::BOOTSTRAP);
    let answer = operator
        .post("/api/v1/bootstrap/organization", json!({}))
        .await;
    assert_eq!(answer.status, 422, "the secret passes: {}", answer.text);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_session_rotates_so_often_in_a_minute_and_lives_on(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let mut held = Tokens::login(&world.api, "acme-admin").await;
    for _ in 0..60 {
        held = Tokens::of(&held.refresh(&world.api).await.expect(200));
    }
    held.refresh(&world.api).await.limited("rotation", 60, 60);
    held.live(&world.api).await;
    let other = Tokens::login(&world.api, "acme-admin").await;
    other.refresh(&world.api).await.expect(200);
    let guess = Tokens {
        refresh: "A".repeat(64),
        ..held.clone()
    };
    let answer = guess.refresh(&world.api).await;
    answer.refused(401, "invalid_refresh_token");
    let history = "UPDATE session_refresh_history SET rotated_at = '2026-01-01T00:00:00+00:00'";
    world.place.execute(history).await;
    held.refresh(&world.api).await.expect(200);
}

#[tokio::test]
async fn zero_is_no_limit() {
    let rules = [
        "LOGIN_PAIR",
        "LOGIN_ACCOUNT",
        "LOGIN_ADDRESS",
        "WRONG_SECRET",
        "WRONG_TOKEN",
    ];
    let world = limited(Mode::Embedded, &rules.map(|rule| (rule, "0"))).await;
    for _ in 0..25 {
        guesses(&world.api, "acme-admin", 1).await;
        let guess = world.api.reset("guess", PASSWORD).await;
        guess.refused(400, "invalid_token");
        let guess = world.api.with("x-internal-secret", "guess");
        let guess = guess.post("/api/v1/auth/introspect", json!({})).await;
        guess.refused(401, "invalid_internal_secret");
    }
    world.api.login("acme-admin").await.expect(200);
}

#[tokio::test]
async fn a_success_clears_the_bucket_of_its_pair() {
    let world = World::new(Mode::Embedded).await;
    for _ in 0..2 {
        for _ in 0..9 {
            world
                .api
                .guess("acme-admin")
                .await
                .refused(401, "invalid_credentials");
        }
        world.api.login("acme-admin").await.expect(200);
    }
}
