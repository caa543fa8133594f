//! The outbox.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::events::{Event, Outbox};
use auth_domain::ids::UserId;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait as _,
};

use crate::entities::outbox_event::{ActiveModel, Entity};
use crate::errors::port_error;
use crate::sql::{Sql, column};

// Takes the aggregate's row until the transaction ends, so that numbers are
// given in the order of the commits and a rolled back one is given again.
const NEXT_SEQUENCE: &str = "
INSERT INTO outbox_aggregates (aggregate_kind, aggregate_id, last_sequence)
VALUES ($1, $2, 1)
ON CONFLICT (aggregate_kind, aggregate_id)
    DO UPDATE SET last_sequence = outbox_aggregates.last_sequence + 1
RETURNING last_sequence";

#[async_trait]
impl Outbox for Sql<DatabaseTransaction> {
    async fn append(&mut self, event: &Event) -> Result<i64, PortError> {
        let aggregate = &event.aggregate;
        let values = [aggregate.kind.as_str().into(), aggregate.id.clone().into()];
        let row = self.one(NEXT_SEQUENCE, values).await?;
        let row = row.ok_or_else(|| PortError::corrupt("an upsert without row"))?;
        let sequence: i64 = column(&row, 0)?;
        let payload = serde_json::to_string(&event.payload)
            .map_err(|error| PortError::Backend(Box::new(error)))?;
        let row = ActiveModel {
            position: NotSet,
            event_id: Set(event.id.0),
            aggregate_kind: Set(aggregate.kind.as_str().to_owned()),
            aggregate_id: Set(aggregate.id.clone()),
            sequence: Set(sequence),
            exchange: Set(event.event_type.exchange().as_str().to_owned()),
            event_type: Set(event.event_type.as_str().to_owned()),
            organization_id: Set(event.organization_id.get()),
            actor_id: Set(event.actor_id.map(UserId::get)),
            request_id: Set(event.request_id.clone()),
            occurred_at: Set(event.at),
            payload: Set(payload),
            available_at: Set(event.at),
        };
        Entity::insert(row)
            .exec_without_returning(self.conn())
            .await
            .map_err(port_error)?;
        Ok(sequence)
    }
}
