//! Repeated failures to sign in raise one alert.

use rstest::rstest;

use crate::support::{Api, Mode, Place, Server, World, eventually};

async fn fail(api: &Api, name: &str, times: usize) {
    for _ in 0..times {
        api.guess(name).await.refused(401, "invalid_credentials");
    }
}

async fn alerts(place: &Place) -> Vec<String> {
    let sql = "SELECT username, alert_type, alert_status FROM security_alerts \
         JOIN users USING (user_id) ORDER BY alert_id";
    place.look(sql).await
}

async fn alerts_of(place: &Place, count: usize) -> Vec<String> {
    let found = eventually("an alert", async || {
        let found = alerts(place).await;
        (found.len() >= count).then_some(found)
    });
    found.await
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres_with_two_processes(Mode::Postgres)]
#[tokio::test]
async fn five_failures_raise_one_alert_however_many_look_for_them(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let second = (mode == Mode::Postgres).then(|| world.place.start());
    let other = second.as_ref().map_or(world.api.clone(), Server::api);
    world.open_registration().await;
    for name in ["four", "later"] {
        world.member(name).await;
    }
    fail(&world.api, "four", 4).await;
    fail(&world.api, "nobody", 5).await;
    fail(&world.api, "acme-admin", 3).await;
    fail(&other, "acme-admin@example.com", 2).await;
    let first = "acme-admin|failed_login|open";
    assert_eq!(alerts_of(&world.place, 1).await, [first]);

    // The next round of the loop, which finds the same failures again.
    fail(&other, "acme-admin", 2).await;
    fail(&world.api, "later", 5).await;
    let both = [first, "later|failed_login|open"];
    assert_eq!(alerts_of(&world.place, 2).await, both);
    for rows in [
        "audit_logs WHERE action_type = 'security.alert.raised'",
        "outbox_events WHERE event_type = 'security.alert.raised'",
    ] {
        assert_eq!(world.place.count(rows).await, 2, "{rows}");
    }
    let in_acme = format!(
        "security_alerts WHERE organization_id = {} AND resolved_at IS NULL",
        world.acme
    );
    assert_eq!(world.place.count(&in_acme).await, 2);
}
