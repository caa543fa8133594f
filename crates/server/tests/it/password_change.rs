//! A new password for a user that knows the old one, and passwords that no user may
//! have.

use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{
    Answer, Api, BOOTSTRAP, Mode, PASSWORD, Place, Tokens, World, bootstrap, person,
};

const NEW: &str = "a new and rather long passphrase";

async fn change(api: &Api, old: &str, new: &str) -> Answer {
    let body = json!({"old_password": old, "new_password": new});
    api.post("/api/v1/auth/password/change", body).await
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_change_ends_the_other_sessions_and_answers_a_new_pair_for_this_one(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let other = Tokens::login(&world.api, "acme-admin").await;
    let own = Tokens::login(&world.api, "acme-admin").await;
    world.api.forgot("acme-admin@example.com").await.expect(200);
    let mailed = world.place.mail(1).await.token();

    let changed = change(&own.bearer(&world.api), PASSWORD, NEW).await;
    assert_eq!(changed.headers["cache-control"], "no-store");
    let changed = changed.expect(200);
    let pair = Tokens::of(&changed);
    assert_eq!(pair.session, own.session);
    assert_eq!(changed["user"]["user_id"], world.admin_id);
    other.dead(&world.api, "session_revoked").await;
    pair.live(&world.api).await;
    let pair = Tokens::of(&pair.refresh(&world.api).await.expect(200));
    let old = world.api.login("acme-admin").await;
    old.refused(401, "invalid_credentials");
    let login = world.api.login_with("acme-admin", NEW).await;
    login.expect(200);
    let reset = world.api.reset(&mailed, "somebody else's passphrase").await;
    reset.refused(400, "invalid_token");

    let world = world.restarted();
    world.place.flush_redis();
    other.dead(&world.api, "session_revoked").await;
    pair.live(&world.api).await;
    // The pair from before the change is an old one: an attacker kept a copy.
    own.refresh(&world.api)
        .await
        .refused(401, "session_revoked");
    pair.dead(&world.api, "session_revoked").await;
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_wrong_old_password_changes_nothing_and_counts_like_a_failed_login(#[case] mode: Mode) {
    let place = Place::new(mode).await.with("LIMIT_LOGIN_PAIR", "3");
    let world = World::at(place).await;
    for wrong in ["", "not the password", &PASSWORD.to_uppercase()] {
        let answer = change(&world.admin, wrong, NEW).await;
        answer.refused(400, "wrong_password");
    }
    let right = change(&world.admin, PASSWORD, NEW).await;
    right.limited("login_pair", 3, 900);
    let login = world.api.guess("acme-admin").await;
    login.limited("login_pair", 3, 900);
    world.admin.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(
        world
            .place
            .count("login_activity WHERE NOT login_success")
            .await,
        3
    );
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn of_changes_at_once_from_two_sessions_one_counts(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let sessions = [
        Tokens::login(&world.api, "acme-admin").await,
        Tokens::login(&world.api, "acme-admin").await,
    ];
    let passwords: Vec<String> = (0..6).map(|n| format!("passphrase number {n}")).collect();
    let changes = passwords.iter().enumerate().map(|(number, password)| {
        let api = sessions[number % 2].bearer(&world.api);
        async move { change(&api, PASSWORD, password).await }
    });
    let answers = join_all(changes).await;
    let mut winners = (0..6).filter(|&number| answers[number].status == 200);
    let winner = winners.next().expect("one succeeds");
    assert_eq!(winners.next(), None, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!(
            [400, 401].contains(&answer.status.as_u16()),
            "{}",
            answer.text
        );
    }
    let login = world.api.login_with("acme-admin", &passwords[winner]).await;
    login.expect(200);
    Tokens::of(&answers[winner].body).live(&world.api).await;
    let loser = &sessions[(winner + 1) % 2];
    loser.dead(&world.api, "session_revoked").await;
}

/// Passwords that a user of this name may not have.
fn refused(name: &str) -> Vec<String> {
    vec![
        "password".into(),
        "Password1".into(),
        "12345678".into(),
        "qwertyuiop".into(),
        name.into(),
        name.to_uppercase(),
        format!("{name}@example.com"),
        "Maximiliane".into(),
        "van der meer".into(),
    ]
}

fn named(name: &str, password: &str) -> Value {
    let mut body = person(name);
    body["first_name"] = json!("Maximiliane");
    body["last_name"] = json!("Van der Meer");
    body["password"] = json!(password);
    body
}

#[tokio::test]
async fn common_passwords_and_ones_own_names_are_refused_wherever_one_is_set() {
    let world = World::new(Mode::Embedded).await;
    world.open_registration().await;
    let operator = world.api.with("x-bootstrap-secret", BOOTSTRAP);
    for password in refused("boss-of-all") {
        let admin = named("boss-of-all", &password);
        let body = json!({"organization_name": "New", "admin_user": admin});
        let answer = operator.post("/api/v1/bootstrap/organization", body).await;
        answer_is_too_common(&answer, &password);
    }
    bootstrap(&world.api, "New", "boss-of-all")
        .await
        .expect(201);

    let register = async |password: &str| {
        let mut body = named("newcomer", password);
        body["organization_id"] = json!(world.acme);
        world.api.post("/api/auth/register", body).await
    };
    for password in refused("newcomer") {
        answer_is_too_common(&register(&password).await, &password);
    }
    register(PASSWORD).await.expect(201);

    let (newcomer, _) = world.api.signed_in("newcomer").await;
    world.api.forgot("newcomer@example.com").await.expect(200);
    let token = world.place.mail(1).await.token();
    for password in refused("newcomer") {
        let changed = change(&newcomer, PASSWORD, &password).await;
        answer_is_too_common(&changed, &password);
        let reset = world.api.reset(&token, &password).await;
        answer_is_too_common(&reset, &password);
    }
    for short in ["1234567", &"x".repeat(129)] {
        let reset = world.api.reset(&token, short).await;
        reset.invalid(&[json!(["body", "new_password"])]);
        let changed = change(&newcomer, PASSWORD, short).await;
        changed.invalid(&[json!(["body", "new_password"])]);
    }
    newcomer.get("/api/v1/auth/me").await.expect(200);
    // The refused ones used nothing up.
    world.api.reset(&token, NEW).await.expect(200);
    let login = world.api.login_with("newcomer", NEW).await;
    login.expect(200);
}

#[track_caller]
fn answer_is_too_common(answer: &Answer, password: &str) {
    let shown = (answer.status.as_u16(), answer.code());
    assert_eq!(shown, (422, "password_too_common"), "{password}");
    answer.refused(422, "password_too_common");
}
