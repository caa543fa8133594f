//! Security alerts.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::AlertId;
use auth_domain::security::{NewAlert, SecurityAlertRepo};
use sea_orm::DatabaseTransaction;

use crate::errors::refers_to;
use crate::sql::{Sql, id_column};

const RAISE: &str = "
INSERT INTO security_alerts
    (organization_id, user_id, alert_type, alert_message, alert_status, created_at)
SELECT $1, $2, $3, $4, 'open', $5
WHERE NOT EXISTS (
    SELECT 1 FROM security_alerts WHERE user_id = $2 AND alert_type = $3 AND created_at >= $6)
RETURNING alert_id";

#[async_trait]
impl SecurityAlertRepo for Sql<DatabaseTransaction> {
    async fn raise(
        &mut self,
        alert: &NewAlert,
        since: Timestamp,
    ) -> Result<Option<AlertId>, PortError> {
        // The second transaction sees what the first one raised.
        self.lock_user(alert.user_id).await?;
        let values = [
            alert.organization_id.get().into(),
            alert.user_id.get().into(),
            alert.alert_type.as_str().into(),
            alert.message.as_str().into(),
            alert.created_at.into(),
            since.into(),
        ];
        let row = self
            .one(RAISE, values)
            .await
            .map_err(refers_to(Constraint::User))?;
        row.map(|row| id_column(&row, 0)).transpose()
    }
}
