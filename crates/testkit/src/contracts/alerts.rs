//! `SecurityAlertRepo`.

use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::{AlertId, UserId};
use auth_domain::security::{AlertType, NewAlert};
use auth_domain::users::User;
use futures::future::join_all;

use super::StoreSubject;
use crate::builders::at;

/// An alert about failed sign-ins, at a second.
pub(super) fn alert(about: &User, second: i64) -> NewAlert {
    NewAlert {
        organization_id: about.organization_id,
        user_id: about.id,
        alert_type: AlertType::FailedLogin,
        message: "5 failed sign-ins".to_owned(),
        created_at: at(second),
    }
}

pub(super) async fn raise(
    s: &dyn StoreSubject,
    alert: &NewAlert,
    since: Timestamp,
) -> Result<Option<AlertId>, PortError> {
    let mut tx = s.begin().await;
    let raised = tx.alerts().raise(alert, since).await?;
    tx.commit().await?;
    Ok(raised)
}

async fn raised(s: &dyn StoreSubject, alert: &NewAlert, since: i64) -> bool {
    raise(s, alert, at(since)).await.unwrap().is_some()
}

async fn count(s: &dyn StoreSubject) -> Vec<String> {
    s.look("SELECT count(*) FROM security_alerts").await
}

async fn user(s: &dyn StoreSubject) -> User {
    let acme = s.organization("Acme").await;
    s.user(&acme, "ana").await
}

pub async fn a_raised_alert_is_open(s: &dyn StoreSubject) {
    let ana = user(s).await;
    let id = raise(s, &alert(&ana, 10), at(0)).await.unwrap().unwrap();
    let rows = s
        .look(&format!(
            "SELECT alert_id - {id}, organization_id - {}, user_id - {}, alert_type, \
             alert_message, alert_status FROM security_alerts WHERE resolved_at IS NULL",
            ana.organization_id, ana.id,
        ))
        .await;
    assert_eq!(rows, ["0|0|0|failed_login|5 failed sign-ins|open"]);
}

pub async fn an_alert_is_of_any_type(s: &dyn StoreSubject) {
    let ana = user(s).await;
    for alert_type in AlertType::ALL {
        let mut alert = alert(&ana, 10);
        alert.alert_type = *alert_type;
        assert!(raised(s, &alert, 0).await, "{alert_type}");
    }
}

pub async fn an_alert_is_raised_again_after_a_while_only(s: &dyn StoreSubject) {
    let ana = user(s).await;
    assert!(raised(s, &alert(&ana, 10), 0).await);
    assert!(!raised(s, &alert(&ana, 20), 10).await, "since that moment");
    assert_eq!(count(s).await, ["1"]);
    assert!(raised(s, &alert(&ana, 20), 11).await);
    assert!(!raised(s, &alert(&ana, 20), 11).await);
    assert_eq!(count(s).await, ["2"]);
}

pub async fn alerts_about_others_and_of_other_types_do_not_count(s: &dyn StoreSubject) {
    let ana = user(s).await;
    let other = s.organization("Other").await;
    let bea = s.user(&other, "bea").await;
    let mut of_another_type = alert(&ana, 10);
    of_another_type.alert_type = AlertType::SuspiciousIp;
    assert!(raised(s, &of_another_type, 0).await);
    assert!(raised(s, &alert(&bea, 10), 0).await);
    assert!(raised(s, &alert(&ana, 10), 0).await);
    assert_eq!(count(s).await, ["3"]);
}

pub async fn of_many_attempts_to_raise_an_alert_at_once_one_does(s: &dyn StoreSubject) {
    let ana = user(s).await;
    let alert = alert(&ana, 10);
    for since in [0, 11] {
        let mut alert = alert.clone();
        alert.created_at = at(since + 10);
        let raised = join_all((0..4).map(|_| raised(s, &alert, since))).await;
        assert_eq!(raised.iter().filter(|raised| **raised).count(), 1);
    }
    assert_eq!(count(s).await, ["2"]);
}

pub async fn an_alert_about_an_unknown_user_is_refused(s: &dyn StoreSubject) {
    let ana = user(s).await;
    let mut of_nobody = alert(&ana, 10);
    of_nobody.user_id = UserId::new(4_711).unwrap();
    let mut over_the_border = alert(&ana, 10);
    over_the_border.organization_id = s.organization("Other").await.id;
    for wrong in [of_nobody, over_the_border] {
        let refused = raise(s, &wrong, at(0)).await;
        assert!(
            matches!(refused, Err(PortError::MissingReference(Constraint::User))),
            "{refused:?}"
        );
    }
}
