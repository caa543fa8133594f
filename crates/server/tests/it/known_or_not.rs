//! Nobody learns from an answer, or from the work behind it, who has an
//! account. How long that work takes is measured by `scripts/bench_identity.py`:
//! a busy machine would make a test of it lie.

use serde_json::Value;

use crate::support::{Answer, Mode, Place, World};

/// Everything of an answer that a client sees, but what is of each request.
fn shown(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.body.clone();
    if !body["request_id"].is_null() {
        body["request_id"] = Value::Null;
    }
    let passing = ["date", "x-request-id"];
    let headers = answer.headers.iter();
    let headers = headers.filter(|(name, _)| !passing.contains(&name.as_str()));
    let mut headers: Vec<String> = headers
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers, body)
}

/// The passwords compared and the rows written so far.
async fn work(world: &World) -> (u64, u64) {
    let metrics = world.api.get("/metrics").await.text;
    let name = r#"auth_hash_seconds_count{operation="verify"} "#;
    let compared = metrics.lines().find_map(|line| line.strip_prefix(name));
    let compared = compared.map_or(0, |count| count.parse().unwrap());
    let rows = world.place.count("login_activity").await;
    (compared, rows)
}

#[tokio::test]
async fn a_known_and_an_unknown_account_get_the_same_answer_for_the_same_work() {
    let mut place = Place::new(Mode::Embedded).await;
    for rule in ["LOGIN_PAIR", "LOGIN_ACCOUNT", "LOGIN_ADDRESS"] {
        place.set(&format!("LIMIT_{rule}"), "0");
    }
    let world = World::at(place).await;
    world.open_registration().await;
    let inactive = world.member("inactive").await;
    world.deactivate(inactive).await;
    let known = shown(&world.api.guess("acme-admin").await);
    for name in [
        "nobody",
        "acme-admin@example.com",
        "no@example.com",
        "inactive",
    ] {
        assert_eq!(shown(&world.api.guess(name).await), known, "{name}");
    }
    let asked = shown(&world.api.forgot("acme-admin@example.com").await);
    for address in ["no@example.com", "inactive@example.com"] {
        assert_eq!(shown(&world.api.forgot(address).await), asked, "{address}");
    }

    for name in ["acme-admin", "nobody", "no@example.com", "inactive"] {
        let before = work(&world).await;
        world
            .api
            .guess(name)
            .await
            .refused(401, "invalid_credentials");
        let after = work(&world).await;
        let (compared, rows) = (after.0 - before.0, after.1 - before.1);
        assert_eq!((compared, rows), (1, 1), "one hash and one row for {name}");
    }
}
