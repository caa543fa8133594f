//! Access tokens that are not ours, or not any more.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{JWT_KEY, Mode, World};

const ME: &str = "/api/v1/auth/me";

#[expect(clippy::disallowed_methods, reason = "a forger's clock")]
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn claims(user: i64, session: &Value) -> Value {
    json!({
        "sub": user.to_string(), "session_id": session, "exp": now() + 600, "iat": now() - 1,
        "iss": "auth-microservice", "aud": "auth-microservice", "jti": "forged",
    })
}

fn signed(header: &Header, claims: &Value, key: &str) -> String {
    encode(header, claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

fn header(algorithm: Algorithm) -> Header {
    let mut header = Header::new(algorithm);
    header.typ = Some("at+jwt".into());
    header
}

#[tokio::test]
async fn a_token_that_is_forged_or_lacks_a_claim_is_refused() {
    let world = World::new(Mode::Embedded).await;
    let login = world.api.login("acme-admin").await.expect(200);
    let session = &login["tokens"]["session_id"];
    let good = claims(world.admin_id, session);
    let hs256 = header(Algorithm::HS256);
    let accepted = signed(&hs256, &good, JWT_KEY);
    world.api.bearer(&accepted).get(ME).await.expect(200);

    let without = |claim: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(claim);
        signed(&hs256, &claims, JWT_KEY)
    };
    let with = |claim: &str, value: Value| {
        let mut claims = good.clone();
        claims[claim] = value;
        signed(&hs256, &claims, JWT_KEY)
    };
    let mut other_type = hs256.clone();
    other_type.typ = Some("JWT".into());
    let forged = [
        signed(&hs256, &good, "some other key of at least 32 bytes length"),
        signed(&header(Algorithm::HS384), &good, JWT_KEY),
        signed(&other_type, &good, JWT_KEY),
        without("exp"),
        without("iat"),
        without("jti"),
        with("exp", json!(now() - 1)),
        with("nbf", json!(now() + 600)),
        with("aud", json!("somebody-else")),
        with("iss", json!("somebody-else")),
        format!("{accepted}="),
        format!("{accepted}."),
        "garbage".into(),
        login["tokens"]["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned(),
    ];
    for token in &forged {
        let answer = world.api.bearer(token).get(ME).await;
        answer.refused(401, "invalid_token");
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("invalid_token"), "{challenge}");
    }
    for claim in ["sub", "session_id"] {
        let answer = world.api.bearer(&without(claim)).get(ME).await;
        answer.refused(401, "invalid_token_payload");
    }
    for cut in 1..accepted.len() {
        let answer = world.api.bearer(&accepted[..cut]).get(ME).await;
        assert_eq!(answer.status, 401, "cut to {cut}: {}", answer.text);
    }
    let others = with("sub", json!("1000000"));
    world
        .api
        .bearer(&others)
        .get(ME)
        .await
        .refused(401, "session_not_found");
}

#[tokio::test]
async fn only_one_bearer_credential_in_the_header_counts() {
    let world = World::new(Mode::Embedded).await;
    let login = world.api.login("acme-admin").await.expect(200);
    let token = login["tokens"]["access_token"].as_str().unwrap();
    let api = &world.api;
    api.get(ME).await.refused(401, "not_authenticated");
    let in_query = format!("{ME}?access_token={token}");
    api.get(&in_query).await.refused(401, "not_authenticated");
    for value in [
        format!("Basic {token}"),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer\t{token}"),
        token.to_owned(),
    ] {
        let answer = api.with("authorization", value.clone()).get(ME).await;
        assert_eq!(answer.status, 401, "{value}");
    }
    let twice = api.bearer(token).bearer(token).get(ME).await;
    assert_eq!(twice.status, 401);
    let lower_case = api.with("authorization", format!("bearer {token}"));
    lower_case.get(ME).await.expect(200);
}
