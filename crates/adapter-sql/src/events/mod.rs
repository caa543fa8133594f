//! The outbox.

use async_trait::async_trait;
use auth_domain::actor::Actor;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::events::{Event, EventId, Outbox};
use auth_domain::ids::UserId;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait as _,
};
use uuid::{NoContext, Uuid};

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
    async fn append(&mut self, actor: &Actor, event: &Event) -> Result<EventId, PortError> {
        let aggregate = event.aggregate;
        let values = [aggregate.kind().into(), aggregate.id().into()];
        let row = self.one(NEXT_SEQUENCE, values).await?;
        let row = row.ok_or_else(|| PortError::corrupt("an upsert without row"))?;
        let event_id = new_id(event.at);
        let payload = serde_json::to_string(&event.payload)
            .map_err(|error| PortError::Backend(Box::new(error)))?;
        let row = ActiveModel {
            position: NotSet,
            event_id: Set(event_id),
            aggregate_kind: Set(aggregate.kind().to_owned()),
            aggregate_id: Set(aggregate.id()),
            sequence: Set(column(&row, 0)?),
            exchange: Set(event.exchange.as_str().to_owned()),
            event_type: Set(event.event_type.to_owned()),
            organization_id: Set(event.organization_id.get()),
            actor_id: Set(actor.user_id().map(UserId::get)),
            request_id: Set(actor.origin.request_id.clone()),
            occurred_at: Set(event.at),
            payload: Set(payload),
            available_at: Set(event.at),
        };
        Entity::insert(row)
            .exec_without_returning(self.conn())
            .await
            .map_err(port_error)?;
        Ok(EventId(event_id))
    }
}

/// A UUIDv7 (RFC 9562, section 5.7) of the event's time: the rest is random.
fn new_id(at: Timestamp) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    let time = uuid::Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos());
    Uuid::new_v7(time)
}
