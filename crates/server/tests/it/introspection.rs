//! Tokens as other services ask about them, and end them.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::forge::{claims, hs256, now};
use crate::support::{Answer, Api, JWT_KEY, Mode, Place, Tokens, World, introspect};

const INTROSPECT: &str = "/api/v1/auth/introspect";
const REVOKE: &str = "/api/v1/auth/revoke";
const FORM: &str = "application/x-www-form-urlencoded";

async fn form(api: &Api, path: &str, body: &str) -> Answer {
    let body = Some(body.as_bytes().to_vec());
    api.send(Method::POST, path, FORM, body).await
}

async fn revoke(api: &Api, token: &str) {
    let body = json!({"token": token});
    let answer = api.service().post(REVOKE, body).await.expect(200);
    assert_eq!(answer, json!({}));
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_live_token_of_either_kind_is_described(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let access = introspect(&world.api, &held.access).await;
    let iat = access["iat"].as_u64().unwrap();
    assert!(now().abs_diff(iat) < 60);
    let expected = json!({
        "active": true, "token_type": "access_token", "sub": world.admin_id.to_string(),
        "username": "acme-admin", "organization_id": world.acme, "session_id": held.session,
        "iss": "auth-microservice", "aud": "auth-microservice", "iat": iat, "exp": iat + 900,
    });
    assert_eq!(access, expected);
    let refresh = introspect(&world.api, &held.refresh).await;
    assert_eq!(refresh["token_type"], "refresh_token");
    assert_eq!(refresh["session_id"], held.session);
    let ends = refresh["exp"].as_u64().unwrap();
    assert!(ends.abs_diff(now() + 14 * 86_400) < 60, "{refresh}");

    // RFC 7662 asks in a form; the hint does not narrow the search.
    let service = world.api.service();
    for hint in ["", "&token_type_hint=refresh_token", "&token_type_hint=x"] {
        let body = format!("token={}{hint}", held.access);
        let answer = form(&service, INTROSPECT, &body).await;
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.expect(200), expected);
    }
    let successor = Tokens::of(&held.refresh(&world.api).await.expect(200));
    let old = introspect(&world.api, &held.refresh).await;
    assert_eq!(old, json!({"active": false}), "it was rotated");
    successor.live(&world.api).await;
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_token_that_is_good_for_nothing_is_inactive_and_nothing_more(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let header = json!({"typ": "at+jwt", "alg": "HS256"});
    let signed = |change: &dyn Fn(&mut Value)| {
        let mut claims = claims(world.admin_id, held.session);
        change(&mut claims);
        hs256(&header, &claims, JWT_KEY.as_bytes())
    };
    let live = signed(&|_| ());
    assert_eq!(introspect(&world.api, &live).await["active"], true);
    let useless = [
        signed(&|claims| claims["exp"] = json!(now() - 1)),
        signed(&|claims| claims["aud"] = json!("somebody-else")),
        signed(&|claims| claims["sub"] = json!("1")),
        signed(&|claims| claims["session_id"] = json!(999_999)),
        hs256(&header, &claims(world.admin_id, held.session), b"another"),
        "garbage".into(),
        "A".repeat(64),
        format!("{}.", held.access),
        held.access[1..].to_owned(),
        "x".repeat(100_000),
        "é\u{1F600}".into(),
    ];
    for token in &useless {
        let answer = introspect(&world.api, token).await;
        assert_eq!(answer, json!({"active": false}));
        revoke(&world.api, token).await;
    }
    held.live(&world.api).await;

    let ended = "UPDATE sessions SET expires_at = '2026-01-01T00:00:00+00:00'";
    world.place.execute(ended).await;
    for token in [&held.access, &held.refresh] {
        let answer = introspect(&world.api, token).await;
        assert_eq!(answer, json!({"active": false}), "the session ran out");
    }
    let answer = held.bearer(&world.api).get("/api/v1/auth/me").await;
    answer.refused(401, "session_expired");
    held.refresh(&world.api)
        .await
        .refused(401, "refresh_expired");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn revoking_a_token_of_either_kind_ends_its_session(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let by_access = Tokens::login(&world.api, "acme-admin").await;
    let by_refresh = Tokens::login(&world.api, "acme-admin").await;
    let by_form = Tokens::login(&world.api, "acme-admin").await;
    let untouched = Tokens::login(&world.api, "acme-admin").await;
    for _ in 0..2 {
        revoke(&world.api, &by_access.access).await;
        revoke(&world.api, &by_refresh.refresh).await;
        let body = format!("token={}&token_type_hint=access_token", by_form.refresh);
        let answer = form(&world.api.service(), REVOKE, &body).await;
        assert_eq!(answer.expect(200), json!({}));
    }
    for dead in [&by_access, &by_refresh, &by_form] {
        dead.dead(&world.api, "session_revoked").await;
    }
    untouched.live(&world.api).await;
    let rows = "audit_logs WHERE action_type = 'session.revoked' AND actor_kind = 'service'";
    assert_eq!(world.place.count(rows).await, 3);
    let world = world.restarted();
    world.place.flush_redis();
    for dead in [&by_access, &by_refresh, &by_form] {
        dead.dead(&world.api, "session_revoked").await;
    }
}

#[tokio::test]
async fn only_a_service_asks_and_a_question_names_a_token() {
    let place = Place::new(Mode::Embedded).await;
    let world = World::at(place.with("LIMIT_WRONG_SECRET", "0")).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let question = json!({"token": held.access});
    for path in [INTROSPECT, REVOKE] {
        for api in [
            world.api.clone(),
            held.bearer(&world.api),
            world.api.with("x-internal-secret", "change-me"),
            world.api.service().service(),
        ] {
            let answer = api.post(path, question.clone()).await;
            answer.refused(401, "invalid_internal_secret");
        }
        let service = world.api.service();
        for body in [json!({}), json!({"token": 7}), json!({"token": null})] {
            let answer = service.post(path, body).await;
            answer.invalid(&[json!(["body", "token"])]);
        }
        for body in ["", "tok=x", "%zz=1", "token=a&token=b"] {
            let answer = form(&service, path, body).await;
            assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        }
        let body = vec![b'a'; 2 << 20];
        let answer = service.send(Method::POST, path, FORM, Some(body)).await;
        answer.refused(413, "payload_too_large");
    }
    held.live(&world.api).await;
}
