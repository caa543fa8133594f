//! Nobody learns from an answer, or from how long it took, who has an account.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Answer, Api, Mode, Place, World};

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

async fn timed(api: &Api, name: &str) -> Duration {
    let began = Instant::now();
    let answer = api.guess(name).await;
    answer.refused(401, "invalid_credentials");
    began.elapsed()
}

/// The time that the work itself takes: whatever else the machine does can
/// only make it longer.
fn fastest(times: &[Duration]) -> Duration {
    *times.iter().min().unwrap()
}

#[tokio::test]
async fn a_known_and_an_unknown_account_answer_the_same_in_the_same_time() {
    let mut place = Place::new(Mode::Embedded).await;
    // Hashes that take long beside everything else in a request.
    place.set("ARGON2_MEMORY_KIB", "8192");
    place.set("ARGON2_ITERATIONS", "2");
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

    let (mut known, mut unknown, mut inactive) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..20 {
        known.push(timed(&world.api, "acme-admin").await);
        unknown.push(timed(&world.api, "nobody").await);
        inactive.push(timed(&world.api, "inactive").await);
    }
    let known = fastest(&known);
    for other in [fastest(&unknown), fastest(&inactive)] {
        let apart = known.abs_diff(other);
        assert!(apart < known / 2, "{known:?} and {other:?}");
    }
}
