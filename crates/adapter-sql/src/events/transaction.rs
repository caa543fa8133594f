//! The outbox and the inbox inside a transaction.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::events::{Event, EventId, Inbox, Outbox};
use auth_domain::ids::UserId;
use sea_orm::{DatabaseTransaction, Value};

use crate::sql::{Dialects, Sql, column};

/// Gives the next number of an aggregate. It takes the aggregate's row until
/// the transaction ends, so that numbers are given in the order of the commits
/// and a rolled back one is given again.
macro_rules! next_sequence {
    ($at:literal) => {
        concat!(
            "INSERT INTO outbox_aggregates \
             (aggregate_kind, aggregate_id, last_sequence, claimable_at) VALUES ($1, $2, 1, ",
            $at,
            ") ON CONFLICT (aggregate_kind, aggregate_id) \
             DO UPDATE SET last_sequence = outbox_aggregates.last_sequence + 1"
        )
    };
}

/// Inserts an event; `$numbered` is where its number comes from.
macro_rules! insert_event {
    ($numbered:literal) => {
        concat!(
            "INSERT INTO outbox_events (aggregate_kind, aggregate_id, event_id, exchange, \
             event_type, organization_id, actor_id, request_id, occurred_at, payload, \
             available_at, sequence) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, last_sequence FROM ",
            $numbered,
            " RETURNING sequence"
        )
    };
}

// PostgreSQL does it in one statement: a request waits for each that it sends.
// It tells the relays of other processes, once for a transaction, at its commit.
// SQLite writes into one table at a time.
const NEXT_SEQUENCE: &str = next_sequence!("$3");
const APPEND: Dialects = Dialects {
    postgres: concat!(
        "WITH numbered AS (",
        next_sequence!("$9"),
        " RETURNING last_sequence), added AS (",
        insert_event!("numbered"),
        ") SELECT sequence, pg_notify('auth_events', '') FROM added"
    ),
    sqlite: insert_event!("outbox_aggregates WHERE aggregate_kind = $1 AND aggregate_id = $2"),
};

#[async_trait]
impl Outbox for Sql<DatabaseTransaction> {
    async fn append(&mut self, event: &Event) -> Result<i64, PortError> {
        let payload = serde_json::to_string(&event.payload)
            .map_err(|error| PortError::Backend(Box::new(error)))?;
        let kind = Value::from(event.aggregate.kind.as_str());
        let id = Value::from(event.aggregate.id.clone());
        if !self.is_postgres() {
            let values = [kind.clone(), id.clone(), event.at.into()];
            self.execute(NEXT_SEQUENCE, values).await?;
        }
        let values = [
            kind,
            id,
            event.id.0.into(),
            event.event_type.exchange().as_str().into(),
            event.event_type.as_str().into(),
            event.organization_id.get().into(),
            event.actor_id.map(UserId::get).into(),
            event.request_id.clone().into(),
            event.at.into(),
            payload.into(),
        ];
        let row = self.one(self.in_dialect(&APPEND), values).await?;
        let row = row.ok_or_else(|| PortError::corrupt("an event that was not inserted"))?;
        column(&row, 0)
    }
}

// Waits for a transaction that has inserted the same row and not ended yet.
const FIRST_TIME: &str = "
INSERT INTO inbox_events (consumer, event_id, handled_at) VALUES ($1, $2, $3)
ON CONFLICT (consumer, event_id) DO NOTHING";

#[async_trait]
impl Inbox for Sql<DatabaseTransaction> {
    async fn first_time(
        &mut self,
        consumer: &str,
        event: EventId,
        at: Timestamp,
    ) -> Result<bool, PortError> {
        let values = [consumer.into(), event.0.into(), at.into()];
        let inserted = self.execute(FIRST_TIME, values).await?;
        Ok(inserted == 1)
    }
}
