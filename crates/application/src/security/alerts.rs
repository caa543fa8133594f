//! Turns repeated failures into alerts.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::caller::Actor;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::events::SecurityAlertRaised;
use auth_domain::facts::Facts;
use auth_domain::ids::AlertId;
use auth_domain::security::{AlertType, NewAlert, RepeatedFailures};
use auth_domain::store::Store;

use crate::error::Infrastructure;
use crate::{Change, Tx, Writer};

/// The time in which failures are counted together.
const WINDOW: Duration = Duration::from_mins(15);

/// Raises security alerts. Signing in only writes down what happened, so that
/// a failure costs the same for a name that exists and one that does not; what
/// follows from it is decided here, in the background.
pub struct AlertService {
    store: Arc<dyn Store>,
    writer: Writer,
    clock: Arc<dyn Clock>,
    failures: u32,
}

impl AlertService {
    /// A service that alerts after so many failures in 15 minutes; 0: never.
    pub fn new(
        store: Arc<dyn Store>,
        writer: Writer,
        clock: Arc<dyn Clock>,
        failures: u32,
    ) -> Self {
        Self {
            store,
            writer,
            clock,
            failures,
        }
    }

    /// Raises an alert for each user with repeated failures to sign in, at most
    /// one for a user in 15 minutes, however many processes do this. Answers how
    /// many were raised.
    pub async fn raise_for_failures(&self) -> Result<usize, Infrastructure> {
        if self.failures == 0 {
            return Ok(0);
        }
        let now = self.clock.now();
        let since = now - WINDOW;
        let logins = self.store.read().logins();
        let mut raised = 0;
        for found in logins.repeated_failures(since, self.failures).await? {
            let alert = &alert(found, now);
            let actor = Actor::system("security-alerts");
            let new = self.writer.run::<_, Infrastructure, _>(&actor, |mut tx| {
                Box::pin(async move {
                    let id = tx.alerts().raise(alert, since).await?;
                    if let Some(id) = id {
                        record(&mut tx, id, alert).await?;
                    }
                    Ok(id)
                })
            });
            raised += usize::from(new.await?.is_some());
        }
        Ok(raised)
    }
}

fn alert(found: RepeatedFailures, now: Timestamp) -> NewAlert {
    let minutes = WINDOW.as_secs() / 60;
    NewAlert {
        organization_id: found.organization_id,
        user_id: found.user_id,
        alert_type: AlertType::FailedLogin,
        message: format!("{} failed sign-ins in {minutes} minutes", found.count),
        created_at: now,
    }
}

async fn record(tx: &mut Tx<'_, '_>, id: AlertId, alert: &NewAlert) -> Result<(), PortError> {
    let event = SecurityAlertRaised {
        alert_id: id,
        user_id: alert.user_id,
        alert_type: alert.alert_type,
    };
    let after = Facts::new()
        .with("alert_id", id)
        .with("user_id", alert.user_id)
        .with("alert_type", alert.alert_type);
    let change = Change::with_event(alert.organization_id, &event)
        .of_row("security_alerts", &id)
        .described(&alert.message)
        .after(after);
    tx.record(change).await
}
