//! Repeated failures become alerts.

use std::time::Duration;

use serde_json::json;

use crate::acme::{Acme, PASSWORD, refused};

const ALERTS: &str = "SELECT user_id, alert_type, alert_message, alert_status \
     FROM security_alerts ORDER BY alert_id";

async fn fail(acme: &Acme, name: &str, times: usize) {
    for _ in 0..times {
        let outcome = acme.login_with(name, "wrong").await;
        refused(&outcome, "invalid_credentials");
    }
}

async fn raise(acme: &Acme) -> usize {
    acme.app.alerts.raise_for_failures().await.unwrap()
}

#[tokio::test]
async fn three_failures_raise_an_alert_and_two_do_not() {
    let acme = Acme::new().await;
    fail(&acme, "boss", 2).await;
    fail(&acme, "unknown", 5).await;
    assert_eq!(raise(&acme).await, 0);
    fail(&acme, "boss", 1).await;
    assert_eq!(raise(&acme).await, 1);
    let expected = format!(
        "{}|failed_login|3 failed sign-ins in 15 minutes|open",
        acme.boss
    );
    assert_eq!(acme.look(ALERTS).await, [expected]);
}

#[tokio::test]
async fn a_user_has_one_alert_in_fifteen_minutes() {
    let acme = Acme::new().await;
    fail(&acme, "boss", 3).await;
    assert_eq!(raise(&acme).await, 1);
    fail(&acme, "boss", 1).await;
    fail(&acme, "root", 3).await;
    assert_eq!(raise(&acme).await, 1, "of the other user");
    let before = acme.trace().await;
    assert_eq!(raise(&acme).await, 0);
    assert_eq!(acme.trace().await, before);
    acme.clock.advance(Duration::from_mins(16));
    fail(&acme, "boss", 3).await;
    assert_eq!(raise(&acme).await, 1);
    assert_eq!(acme.look(ALERTS).await.len(), 3);
}

#[tokio::test]
async fn failures_count_together_for_fifteen_minutes() {
    let acme = Acme::new().await;
    fail(&acme, "boss", 2).await;
    acme.clock.advance(Duration::from_mins(16));
    fail(&acme, "boss", 1).await;
    assert_eq!(raise(&acme).await, 0);
    acme.clock.advance(Duration::from_mins(14));
    fail(&acme, "boss", 2).await;
    assert_eq!(raise(&acme).await, 1);
}

#[tokio::test]
async fn successes_are_no_failures() {
    let acme = Acme::new().await;
    for _ in 0..3 {
        acme.login_with("boss", PASSWORD).await.unwrap();
    }
    assert_eq!(raise(&acme).await, 0);
}

#[tokio::test]
async fn an_alert_is_audited_and_told() {
    let acme = Acme::new().await;
    fail(&acme, "boss", 3).await;
    raise(&acme).await;
    let user = acme.boss;
    let [audit, event] = acme.last_words().await;
    let after = format!(r#"{{"alert_id":1,"alert_type":"failed_login","user_id":{user}}}"#);
    let action = "security.alert.raised";
    assert_eq!(
        audit,
        format!("{action}|security_alerts|1|NULL|own|NULL|{after}")
    );
    assert_eq!(event, format!("security.events|{action}|user|{user}|NULL"));
    let expected = json!({"alert_id": 1, "user_id": user, "alert_type": "failed_login"});
    assert_eq!(acme.payload(action).await, expected);
    let by = "SELECT actor_kind, actor_name, action_description FROM audit_logs \
         ORDER BY log_id DESC LIMIT 1";
    let expected = "system|security-alerts|3 failed sign-ins in 15 minutes";
    assert_eq!(acme.look(by).await, [expected]);
}

#[tokio::test]
async fn alerts_are_switched_off_by_zero() {
    let acme = Acme::with(|_, options| options.failed_login_alert_after = 0).await;
    fail(&acme, "boss", 5).await;
    assert_eq!(raise(&acme).await, 0);
}
