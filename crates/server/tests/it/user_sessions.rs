//! The sessions of a user: which there are, and that an ended one is ended
//! everywhere.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Api, Mode, Place, Tokens, World, introspect};

const SESSIONS: &str = "/api/v1/auth/sessions";

async fn listed(api: &Api) -> Vec<Value> {
    let page = api.get(SESSIONS).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

fn ids(sessions: &[Value]) -> Vec<i64> {
    let ids = sessions.iter().map(|s| s["session_id"].as_i64().unwrap());
    ids.collect()
}

fn of(session: i64) -> String {
    format!("{SESSIONS}/{session}")
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_list_has_the_live_sessions_of_the_caller_the_latest_first(#[case] mode: Mode) {
    let place = Place::new(mode).await.behind_proxy();
    let world = World::at(place).await;
    let phone = world.api.from("198.51.100.7").with("user-agent", "phone/1");
    let phone = Tokens::login(&phone, "acme-admin").await;
    let laptop = Tokens::login(&world.api.from("2001:db8::7"), "acme-admin").await;

    let sessions = listed(&phone.bearer(&world.api)).await;
    assert_eq!(sessions.len(), 3, "the one of the world too: {sessions:?}");
    assert_eq!(ids(&sessions)[..2], [laptop.session, phone.session]);
    let own = &sessions[1];
    assert_eq!(own["ip_address"], "198.51.100.7");
    assert_eq!(own["user_agent"], "phone/1");
    assert_eq!(own["current"], true);
    assert_eq!(own["last_refreshed_at"], Value::Null);
    for time in ["issued_at", "expires_at"] {
        assert!(own[time].as_str().unwrap().ends_with('Z'), "{own}");
    }
    assert_eq!(sessions[0]["ip_address"], "2001:db8::7");
    assert_eq!(sessions[0]["user_agent"], Value::Null);
    assert_eq!(sessions[0]["current"], false);

    phone.refresh(&world.api).await.expect(200);
    let laptop = laptop.bearer(&world.api);
    let refreshed = listed(&laptop).await;
    assert_eq!(ids(&refreshed), ids(&sessions), "a refresh is no session");
    assert!(refreshed[1]["last_refreshed_at"].is_string());
    assert_eq!(refreshed[1]["current"], false);

    let first = laptop.get(&format!("{SESSIONS}?limit=2")).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = format!("{SESSIONS}?limit=2&cursor={cursor}");
    let rest = laptop.get(&next).await.expect(200);
    assert_eq!(ids(rest["items"].as_array().unwrap()), ids(&sessions)[2..]);
    assert_eq!(listed(&world.root).await.len(), 1, "no other user's");
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn an_ended_session_is_refused_on_the_next_request_and_stays_so(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let [one, two, three, own] = [
        Tokens::login(&world.api, "acme-admin").await,
        Tokens::login(&world.api, "acme-admin").await,
        Tokens::login(&world.api, "acme-admin").await,
        Tokens::login(&world.api, "acme-admin").await,
    ];
    let api = own.bearer(&world.api);
    one.live(&world.api).await;
    api.delete(&of(one.session)).await.expect(200);
    one.dead(&world.api, "session_revoked").await;
    two.live(&world.api).await;

    let others = api.delete(SESSIONS).await.expect(200);
    assert_eq!(others, json!({"revoked": 3}), "the world's too");
    two.dead(&world.api, "session_revoked").await;
    three.dead(&world.api, "session_revoked").await;
    own.live(&world.api).await;
    assert_eq!(ids(&listed(&api).await), [own.session]);
    let again = api.delete(SESSIONS).await.expect(200);
    assert_eq!(again, json!({"revoked": 0}));
    // One row for the session ended alone, one for those ended together.
    for row in [
        "audit_logs WHERE action_type = 'session.revoked'",
        "audit_logs WHERE action_type = 'sessions.revoked'",
        "outbox_events WHERE event_type = 'auth.session_revoked'",
        "outbox_events WHERE event_type = 'auth.sessions_revoked'",
    ] {
        assert_eq!(world.place.count(row).await, 1, "{row}");
    }

    let world = world.restarted();
    world.place.flush_redis();
    for dead in [&one, &two, &three] {
        dead.dead(&world.api, "session_revoked").await;
    }
    own.live(&world.api).await;
    let api = own.bearer(&world.api);
    api.delete(&of(own.session)).await.expect(200);
    own.dead(&world.api, "session_revoked").await;
}

#[tokio::test]
async fn what_one_process_ends_the_other_refuses_on_the_next_request() {
    let world = World::new(Mode::Postgres).await;
    let second = world.place.start();
    let there = second.api();
    let [one, two, own] = [
        Tokens::login(&there, "acme-admin").await,
        Tokens::login(&there, "acme-admin").await,
        Tokens::login(&world.api, "acme-admin").await,
    ];
    one.live(&there).await;
    let api = own.bearer(&world.api);
    api.delete(&of(one.session)).await.expect(200);
    one.dead(&there, "session_revoked").await;
    two.live(&there).await;
    api.delete(SESSIONS).await.expect(200);
    two.dead(&there, "session_revoked").await;
    own.live(&there).await;
    world.deactivate(world.admin_id).await;
    own.dead(&there, "account_inactive").await;
    own.dead(&world.api, "account_inactive").await;
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn another_users_session_is_as_if_absent(#[case] mode: Mode) {
    let world = World::new(mode).await;
    world.open_registration().await;
    world.member("member").await;
    let colleague = Tokens::login(&world.api, "member").await;
    let platform = Tokens::login(&world.api, "root").await;
    let ended = Tokens::login(&world.api, "acme-admin").await;
    let end = world.admin.delete(&of(ended.session)).await;
    end.expect(200);

    let absent = world.admin.delete(&of(999_999)).await;
    absent.refused(404, "no_such_session");
    for other in [colleague.session, platform.session, ended.session] {
        let answer = world.admin.delete(&of(other)).await;
        answer.refused(404, "no_such_session");
        assert_eq!(answer.body["title"], absent.body["title"]);
    }
    // The platform manages users, but not through this route.
    let answer = world.root.delete(&of(colleague.session)).await;
    answer.refused(404, "no_such_session");
    colleague.live(&world.api).await;
    platform.live(&world.api).await;
    for malformed in ["0", "-1", "x", "9007199254740992"] {
        let answer = world.admin.delete(&format!("{SESSIONS}/{malformed}")).await;
        answer.invalid(&[json!(["path", "session_id"])]);
    }
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_deactivated_user_is_refused_everywhere_at_once_and_after_a_restart(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    held.live(&world.api).await;
    world.deactivate(world.admin_id).await;
    held.dead(&world.api, "account_inactive").await;
    let login = world.api.login("acme-admin").await;
    login.refused(401, "account_inactive");
    let guess = world.api.guess("acme-admin").await;
    guess.refused(401, "invalid_credentials");

    let world = world.restarted();
    world.place.flush_redis();
    held.dead(&world.api, "account_inactive").await;
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn tokens_of_a_suspended_organization_are_inactive_and_wake_up_with_it(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let own = format!("/api/v1/orgs/{}", world.acme);
    world.root.delete(&own).await.expect(200);
    held.dead(&world.api, "organization_suspended").await;
    let world = world.restarted();
    world.place.flush_redis();
    held.dead(&world.api, "organization_suspended").await;
    let back = json!({"license_status": "active"});
    world.root.patch(&own, back).await.expect(200);
    held.live(&world.api).await;
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_token_before_the_current_one_ends_the_session_once_its_ten_seconds_are_over(
    #[case] mode: Mode,
) {
    let world = World::new(mode).await;
    let first = Tokens::login(&world.api, "acme-admin").await;
    let second = Tokens::of(&first.refresh(&world.api).await.expect(200));
    let again = Tokens::of(&first.refresh(&world.api).await.expect(200));
    assert_eq!(again.refresh, second.refresh, "a lost answer is no harm");

    let long_ago = format!(
        "UPDATE sessions SET rotated_at = '2026-01-01T00:00:00+00:00' WHERE session_id = {}",
        first.session
    );
    world.place.execute(&long_ago).await;
    let late = first.refresh(&world.api).await;
    late.refused(401, "session_revoked");
    second.dead(&world.api, "session_revoked").await;
    first.dead(&world.api, "session_revoked").await;
    let told = "outbox_events WHERE event_type = 'auth.refresh_reuse'";
    assert_eq!(world.place.count(told).await, 1);
    let written = "audit_logs WHERE action_type = 'session.revoked'";
    assert_eq!(world.place.count(written).await, 1);
    world.admin.get("/api/v1/auth/me").await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_is_good_for_its_own_session_only() {
    let world = World::new(Mode::Embedded).await;
    let own = Tokens::login(&world.api, "acme-admin").await;
    let other = Tokens::login(&world.api, "root").await;
    let mixed = Tokens {
        session: other.session,
        ..own.clone()
    };
    let answer = mixed.refresh(&world.api).await;
    answer.refused(401, "invalid_refresh_token");
    let told = introspect(&world.api, &own.refresh).await;
    assert_eq!(told["session_id"], own.session);
    own.live(&world.api).await;
    other.live(&world.api).await;
}
