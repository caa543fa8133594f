//! Turns repeated failures into alerts.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::actor::Actor;
use auth_domain::audit::AuditEntry;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, Event, Exchange};
use auth_domain::fields::Fields;
use auth_domain::ids::AlertId;
use auth_domain::security::{AlertType, NewAlert, RepeatedFailures};
use auth_domain::store::Store;

use crate::error::Infrastructure;
use crate::{Tx, transact};

/// The time in which failures are counted together.
const WINDOW: Duration = Duration::from_mins(15);

/// Raises security alerts. Signing in only writes down what happened, so that
/// a failure costs the same for a name that exists and one that does not; what
/// follows from it is decided here, in the background.
pub struct AlertService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    failures: u32,
}

impl AlertService {
    /// A service that alerts after so many failures in 15 minutes; 0: never.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, failures: u32) -> Self {
        Self {
            store,
            clock,
            failures,
        }
    }

    /// Raises an alert for each user whom somebody repeatedly failed to sign
    /// in as, at most one of a user in 15 minutes, however many processes do
    /// this. Answers how many were raised.
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
            let new = transact::<_, Infrastructure, _>(&*self.store, |mut tx| {
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
    let actor = Actor::system("security-alerts");
    let facts = Fields::new()
        .with("alert_id", id)
        .with("user_id", alert.user_id)
        .with("alert_type", alert.alert_type);
    let entry = AuditEntry {
        organization_id: alert.organization_id,
        action: "security.alert.raised",
        description: Some(alert.message.clone()),
        table: "security_alerts",
        row_id: id.get(),
        before: None,
        after: Some(facts.clone()),
        at: alert.created_at,
    };
    tx.audit().append(&actor, &entry).await?;
    let event = Event {
        exchange: Exchange::Security,
        event_type: "security.alert.raised",
        aggregate: Aggregate::User(alert.user_id),
        organization_id: alert.organization_id,
        at: alert.created_at,
        payload: facts,
    };
    tx.outbox().append(&actor, &event).await?;
    Ok(())
}
